// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { type Device, listDevices } from '../../api/devices.ts';
import { ageOf } from '../../lib/time.ts';
import { now } from '../../state/clock.ts';
import { number, words } from '../../state/language.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { go, hrefTo, hrefWith, NEW, route } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { Ago, Mark } from '../../ui/mark.tsx';
import { CommandLine, Empty, Failed, Loading } from '../../ui/states.tsx';
import { Places } from './places.tsx';

const SHOWN = 100;
const EVERY_MS = 5000;
/** More of them are several pages to read, so they are read less often. */
const MANY = 500;
const EVERY_MS_MANY = 30_000;

/** Every device: its state, when it was seen, whom it speaks for. The filter is part of the address. */
export function DeviceList() {
  const w = words.value;
  const { state, reload } = useResource('devices', listDevices);
  const { data, problem, loading, at } = state.value;
  useEvery((data?.items.length ?? 0) > MANY ? EVERY_MS_MANY : EVERY_MS, reload);
  const shown = useSignal(SHOWN);
  const sought = route.value.query['q'] ?? '';
  const found = (data?.items ?? []).filter((device) => matches(device, sought.toLowerCase()));
  const filter = (text: string) => {
    shown.value = SHOWN;
    go(hrefWith({ q: text }), true);
  };
  const stale = problem && !loading && data && at !== undefined;
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.devices}</h1>
        <p class="dim grow">
          {data && (sought ? w.shown(found.length, data.items.length) : w.deviceCount(data.items.length))}
          {stale && <span class="age stale"> <Mark is="stale" />{w.staleSince(w.age(ageOf(at, now.value)))}</span>}
        </p>
        <input class="field" type="search" aria-label={w.deviceFilter} placeholder={w.deviceFilter} value={sought} onInput={(e) => filter(e.currentTarget.value)} />
        <Button kind="primary" icon="plus" label={w.addDevice} disabled={!mayWrite.value} title={mayWrite.value ? w.newDeviceLead : w.readerOnly} onClick={() => go(hrefTo('devices', NEW))} />
      </div>
      <Places />
      {!data && (problem && !loading ? <Failed problem={problem} retry={reload} /> : <Loading rows={10} />)}
      {data && data.items.length === 0 && <Empty text={w.noDevices}><CommandLine text="pollux device add pk02-gw --twin pk-02" /></Empty>}
      {data && data.items.length > 0 && found.length === 0 && <Empty text={w.noDeviceMatch(sought)}><Button label={w.clearFilter} onClick={() => filter('')} /></Empty>}
      {found.length > 0 && <Table rows={found.slice(0, shown.value)} />}
      {found.length > shown.value && <p><Button label={w.moreRowsOf(shown.value, found.length)} onClick={() => void (shown.value += SHOWN)} /></p>}
      {data?.more && <p class="faint small">{w.moreDevices}</p>}
    </div>
  );
}

const matches = (device: Device, text: string): boolean =>
  [device.id, device.group ?? '', device.state, words.peek().deviceStates[device.state] ?? '', ...device.twins].some((word) => word.toLowerCase().includes(text));

const TWINS_SHOWN = 3;

function Table({ rows }: { rows: readonly Device[] }) {
  const w = words.value;
  return (
    <div class="panel table-box" role="region" aria-label={w.devices} tabIndex={0}>
      <table class="table devices stacks">
        <thead><tr><th>{w.name}</th><th>{w.deviceState}</th><th class="num">{w.lastSeen}</th><th class="num">{w.connections}</th><th>{w.group}</th><th>{w.twinsOfDevice}</th></tr></thead>
        <tbody>
          {rows.map((device) => (
            <tr key={device.id} class={device.state === 'disabled' || device.state === 'retired' ? 'faint' : ''}>
              <td><a class="row-link mono" href={hrefTo('devices', device.id)}>{device.id}</a></td>
              <td class="dim">{w.deviceStates[device.state] ?? device.state}</td>
              <td class="num faint">{device.lastSeen ? <Ago time={device.lastSeen} /> : <span title={w.notSeen}>—</span>}</td>
              <td class="num">{number(device.connections, 0)}</td>
              <td class="dim">{device.group ?? ''}</td>
              <td><TwinLinks ids={device.twins} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const TwinLinks = ({ ids }: { ids: readonly string[] }) => ids.length === 0 ? null : (
  <span class="wrap-list">
    {ids.slice(0, TWINS_SHOWN).map((id) => <a key={id} class="link" href={hrefTo('twin', id)}>{id}</a>)}
    {ids.length > TWINS_SHOWN && <span class="faint small">+{ids.length - TWINS_SHOWN}</span>}
  </span>
);
