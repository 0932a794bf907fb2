// SPDX-License-Identifier: Apache-2.0
import { deviceLog, type LogEntry } from '../../api/devices.ts';
import { instant } from '../../lib/time.ts';
import { clockText, instantText, words } from '../../state/language.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';

const EVERY_MS = 2000;

/** Connections that were let in, refused and ended, the newest first. */
export function Log({ id }: { id: string }) {
  const w = words.value;
  const { state, reload } = useResource(`log ${id}`, (stop) => deviceLog(id, stop));
  useEvery(EVERY_MS, reload);
  const { data, problem, loading } = state.value;
  return (
    <Panel title={w.deviceLog} note={w.deviceLogNote} class="device-log">
      {!data ? (problem && !loading ? <Failed problem={problem} retry={reload} /> : <div class="panel-body"><Loading rows={4} /></div>)
        : data.items.length === 0 ? <Empty text={w.noDeviceLog} /> : <Rows items={data.items} />}
    </Panel>
  );
}

function Rows({ items }: { items: readonly LogEntry[] }) {
  const w = words.value;
  return (
    <div class="table-box" role="region" aria-label={w.deviceLog} tabIndex={0}>
      <table class="table stacks">
        <thead><tr><th>{w.time}</th><th>{w.event}</th><th>{w.reason}</th><th>{w.address}</th><th>{w.protocol}</th></tr></thead>
        <tbody>
          {items.map((entry, i) => (
            <tr key={`${entry.time} ${i}`}>
              <td class="dim"><time title={instantText(instant(entry.time) ?? 0)}>{clockText(instant(entry.time) ?? 0)}</time></td>
              <td class="strong-ish">{w.logEvents[entry.event] ?? entry.event} {entry.count > 1 && <span class="faint small">{w.timesIn(entry.count)}</span>}</td>
              <td title={entry.reason}>{w.logReasons[entry.reason] ?? entry.reason}</td>
              <td class="mono faint">{entry.address}</td>
              <td class="faint">{entry.protocol}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
