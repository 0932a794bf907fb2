// SPDX-License-Identifier: Apache-2.0
import { words } from '../../state/language.ts';
import { nameOf } from '../../state/names.ts';
import { type Line, readPlant } from '../../state/plant.ts';
import { useResource } from '../../state/resource.ts';
import { hrefTo } from '../../state/route.ts';
import { twinNow, useTwins } from '../../state/twins.ts';
import { CommandLine, Empty, Failed, Loading } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { TwinTable } from '../twins/table.tsx';
import { Bands } from './bands.tsx';
import { Changes } from './changes.tsx';
import { LinePanel } from './line.tsx';
import { mood } from './mood.ts';
import { OeePanel } from './oee.tsx';
import { useStates } from './states.ts';
import { Throughput } from './throughput.tsx';

/** The plant at a glance: one sentence, the line, where its time went, what changed. */
export function Overview() {
  const w = words.value;
  const plant = useResource('plant', readPlant);
  const { data, problem, loading } = plant.state.value;
  if (data && data.twins.length === 0) return <FirstTwin />;
  if (data && data.lines.length > 0) return <>{data.lines.map((line) => <LineView key={line.id} line={line} />)}</>;
  if (data) return <Others rows={data.twins} />;
  return (
    <div class="page">
      <h1 class="page-title">{w.overview}</h1>
      {problem && !loading ? <Failed problem={problem} retry={plant.reload} /> : <Loading rows={8} />}
    </div>
  );
}

function LineView({ line }: { line: Line }) {
  const units = line.stations.map((s) => s.unit);
  const buffers = line.stations.flatMap((s) => (s.buffer ? [s.buffer] : []));
  useTwins([line.id, ...units, ...buffers, ...line.places]);
  const site = line.places[0] ?? line.id;
  const title = nameOf(site);
  useHead([{ label: title, href: hrefTo('twin', site) }, { label: words.value.overview }]);
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{title}</h1>
        <p class="dim">{sentence(units)}</p>
      </div>
      <LinePanel line={line} />
      <Evidence key={units.join()} line={line} units={units} />
    </div>
  );
}

/** What the sentence and the line rest on: states over time, output, changes, losses. */
function Evidence({ line, units }: { line: Line; units: readonly string[] }) {
  const states = useStates(units);
  return (
    <>
      <Bands states={states} />
      <div class="overview-row">
        <Throughput line={line} />
        <Changes states={states} />
        <OeePanel line={line.id} />
      </div>
    </>
  );
}

/** The answer first: does the plant run, and if not, what stands. */
function sentence(units: readonly string[]): string {
  const w = words.value;
  const twins = units.map((id) => [id, twinNow(id)] as const);
  const moods = twins.map(([id, twin]) => [id, mood(twin)] as const);
  const standing = moods.filter(([, m]) => m === 'standing');
  const waiting = moods.filter(([, m]) => m === 'waiting');
  const slow = moods.filter(([, m]) => m === 'slow');
  if (twins.some(([, twin]) => twin === undefined)) return '';
  if (moods.every(([, m]) => m === 'unknown')) return w.plantUnknown;
  if (standing.length > 0) return w.plantStands(standing.length, waiting.length, units.length, nameOf(standing[0]![0]));
  if (waiting.length > 0) return w.plantWaits(waiting.length, units.length, nameOf(waiting[0]![0]));
  if (slow.length > 0) return w.plantSlow(slow.length, nameOf(slow[0]![0]));
  return w.plantCalm(units.length);
}

function FirstTwin() {
  const w = words.value;
  useHead([{ label: w.overview }]);
  return (
    <div class="page">
      <h1 class="page-title">{w.emptyTitle}</h1>
      <Empty text={w.emptyLead}>
        <CommandLine text="pollux demo manufacturing" />
        <CommandLine text="pollux model upload pump.json" />
      </Empty>
    </div>
  );
}

function Others({ rows }: { rows: Parameters<typeof TwinTable>[0]['rows'] }) {
  const w = words.value;
  useHead([{ label: w.overview }]);
  return (
    <div class="page">
      <div class="page-head"><h1 class="page-title">{w.overview}</h1><p class="dim">{w.noLine}</p></div>
      <TwinTable rows={rows.slice(0, 50)} />
    </div>
  );
}
