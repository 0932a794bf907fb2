// SPDX-License-Identifier: Apache-2.0
import { type Device, readDevice } from '../../api/devices.ts';
import { ageOf } from '../../lib/time.ts';
import { now } from '../../state/clock.ts';
import { number, words } from '../../state/language.ts';
import { nameOf } from '../../state/names.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { hrefTo, NEW } from '../../state/route.ts';
import { useTwins } from '../../state/twins.ts';
import { Icon } from '../../ui/icon.tsx';
import { Ago, Mark, TwinMark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { Credentials } from './credentials.tsx';
import { FreshKey } from './key.tsx';
import { Life } from './life.tsx';
import { Log } from './log.tsx';

const EVERY_MS = 2000;
const TWINS_SHOWN = 50;

/** One device: what proves it, for whom it speaks, what it did. */
export function DevicePage({ id }: { id: string }) {
  const w = words.value;
  const { state, reload } = useResource(`device ${id}`, (stop) => readDevice(id, stop));
  useEvery(EVERY_MS, reload);
  const { data: device, problem, loading, at } = state.value;
  if (!device) {
    return (
      <div class="page">
        <h1 class="page-title clip">{id}</h1>
        {problem?.status === 404 ? <Empty text={w.deviceGone(id)} /> : problem && !loading ? <Failed problem={problem} retry={reload} /> : <Loading rows={10} />}
      </div>
    );
  }
  return (
    <div class="page">
      <Head device={device} reload={reload} stale={problem && !loading ? at : undefined} />
      <FreshKey device={id} twins={device.twins} />
      <div class="twin-grid">
        <div class="twin-main">
          <Credentials device={device} />
          <Log id={id} />
        </div>
        <div class="twin-side">
          <Twins ids={device.twins} />
          <Counters device={device} />
          {device.attributes && <Attributes of={device.attributes} />}
        </div>
      </div>
    </div>
  );
}

function Head({ device, reload, stale }: { device: Device; reload: () => void; stale: number | undefined }) {
  const w = words.value;
  return (
    <div class="twin-head">
      <div class="grow">
        <h1 class="page-title">{device.id} <span class="tag">{w.deviceStates[device.state] ?? device.state}</span></h1>
        <p class="twin-facts dim small">
          <span><Icon name="clock" size={14} />{device.lastSeen ? <>{w.lastSeen} <Ago time={device.lastSeen} /></> : w.notSeen}</span>
          <span><Icon name="link" size={14} />{w.connected(device.connections)}</span>
          {device.group && <span>{w.group} {device.group}</span>}
          {stale !== undefined && <span class="age stale"><Mark is="stale" />{w.staleSince(w.age(ageOf(stale, now.value)))}</span>}
        </p>
      </div>
      <Life device={device} changed={reload} />
    </div>
  );
}

function Twins({ ids }: { ids: readonly string[] }) {
  const w = words.value;
  const shown = ids.slice(0, TWINS_SHOWN);
  useTwins(shown);
  return (
    <Panel title={w.twinsOfDevice} aside={number(ids.length, 0)}>
      {ids.length === 0 ? <Empty text={w.noTwinsOfDevice}><a class="link" href={hrefTo('bindings', NEW)}>{w.newBinding}</a></Empty> : (
        <ul class="rows">
          {shown.map((id) => (
            <li key={id}><a class="row" href={hrefTo('twin', id)}><span class="grow clip">{nameOf(id)} <TwinMark id={id} /></span>{nameOf(id) !== id && <span class="faint small mono">{id}</span>}</a></li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Counters({ device }: { device: Device }) {
  const w = words.value;
  const of = device.counters;
  if (!of) return null;
  const rows: [string, number][] = [[w.messages, of.messages], [w.bytes, of.bytes], [w.connects, of.connects], [w.refusals, of.refusals], [w.rejectsOfDevice, of.rejects]];
  return (
    <Panel title={w.counters} aside={<Ago time={of.since} />}>
      <dl class="facts">{rows.map(([name, value]) => <div key={name}><dt class="dim">{name}</dt><dd class="num">{name === w.rejectsOfDevice && value > 0 ? <a class="link" href={hrefTo('rejects', '', { sender: device.id })}>{number(value, 0)}</a> : number(value, 0)}</dd></div>)}</dl>
    </Panel>
  );
}

const Attributes = ({ of }: { of: Readonly<Record<string, string>> }) => (
  <Panel title={words.value.attributes}>
    <dl class="facts">{Object.entries(of).map(([name, value]) => <div key={name}><dt class="dim">{name}</dt><dd class="wrap">{value}</dd></div>)}</dl>
  </Panel>
);
