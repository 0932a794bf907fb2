// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import type { TwinFreshness } from '../../api/freshness.ts';
import { type Twin, withFreshness } from '../../lib/twin.ts';
import { useFreshness } from '../../state/freshness.ts';
import { placesOf } from '../../state/plant.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { problemText } from '../../state/problem.ts';
import { useResource } from '../../state/resource.ts';
import { go, hrefTo, hrefWith, route } from '../../state/route.ts';
import { say } from '../../state/toast.ts';
import { load, twinState, useTwins } from '../../state/twins.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Ago } from '../../ui/mark.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { CommandLine, Empty, Failed, Loading } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { tableKey } from '../shell/keys.tsx';
import { Commands, CommandPanel } from './commands.tsx';
import { Desired } from './desired.tsx';
import { FreshBadge } from './fresh-badge.tsx';
import { FreshPanel } from './fresh-panel.tsx';
import { History } from './history.tsx';
import { Relations } from './relations.tsx';
import { Tiles } from './tiles.tsx';
import { ValueTable } from './value-table.tsx';
import { valueNames } from './value.ts';

/** One twin: what it says, how that went, what is wanted of it, what it belongs to. */
export function TwinView({ id }: { id: string }) {
  const w = words.value;
  const places = useResource(`places ${id}`, (signal) => placesOf(id, signal)).state.value.data ?? [];
  useTwins([id, ...places]);
  const { data, problem, loading } = twinState(id).value;
  const freshness = useFreshness(id);
  const twin = data && withFreshness(data, freshness?.items);
  useHead([...places.map((place) => ({ label: nameOf(place), href: hrefTo('twin', place) })), { label: nameOf(id, twin) }]);
  if (!twin) {
    return (
      <div class="page">
        <h1 class="page-title clip">{id}</h1>
        {problem && !loading ? <Failed problem={problem} retry={() => void load(id)} /> : <Loading rows={10} />}
      </div>
    );
  }
  return (
    <div class="page">
      <Head id={id} twin={twin} freshness={freshness} />
      <div class="twin-grid">
        <div class="twin-main">
          <Values id={id} twin={twin} />
          <History id={id} twin={twin} />
        </div>
        <div class="twin-side">
          <Desired twin={twin} />
          <CommandPanel id={id} model={twin.model} />
          {freshness && <FreshPanel twin={twin} of={freshness} />}
          <Relations id={id} />
        </div>
      </div>
      {problem && <p class="faint small" role="status">{w.failed}: {problemText(problem)}</p>}
    </div>
  );
}

function Head({ id, twin, freshness }: { id: string; twin: Twin; freshness: TwinFreshness | undefined }) {
  const w = words.value;
  const share = () => void navigator.clipboard?.writeText(location.href).then(() => say({ text: w.linkCopied, problem: false }));
  return (
    <div class="twin-head">
      <div class="grow">
        <h1 class="page-title">{nameOf(id, twin)}</h1>
        <p class="twin-facts dim small">
          <span class="mono">{id}</span>
          <span title={twin.model}><Icon name="model" size={14} />{modelName(twin.model)}</span>
          <span><Icon name="clock" size={14} /><Ago time={twin.updated} /></span>
          {freshness && <FreshBadge of={freshness} />}
        </p>
      </div>
      <div class="twin-actions">
        <Button icon="link" label={w.copyLink} onClick={share} />
        <Commands id={id} model={twin.model} />
      </div>
    </div>
  );
}

/** Values as tiles or as a table; which of them is part of the address. */
function Values({ id, twin }: { id: string; twin: Twin }) {
  const w = words.value;
  const names = valueNames(twin);
  const as = route.value.query['as'] === 'table' ? 'table' : 'tiles';
  const show = (next: 'tiles' | 'table') => go(hrefWith({ as: next === 'table' ? 'table' : '' }));
  useEffect(() => {
    tableKey.value = () => show(route.peek().query['as'] === 'table' ? 'tiles' : 'table');
    return () => void (tableKey.value = undefined);
  }, []);
  if (names.length === 0) {
    return (
      <section class="panel" aria-label={w.values}>
        <Empty text={w.noValues}><CommandLine text={`mosquitto_pub -t twins/${id}/telemetry -m '{}' -u DEVICE -P KEY`} /></Empty>
      </section>
    );
  }
  return (
    <section aria-label={w.values}>
      <div class="values-head">
        <h2 class="strong">{w.values}</h2><span class="grow" />
        <Segmented label={w.values} value={as} options={[{ value: 'tiles', label: w.tiles }, { value: 'table', label: w.table }]} onChange={show} />
      </div>
      {as === 'tiles' ? <Tiles id={id} twin={twin} names={names} /> : <ValueTable twin={twin} names={names} />}
    </section>
  );
}
