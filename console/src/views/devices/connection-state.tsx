// SPDX-License-Identifier: Apache-2.0
import { type ConnectionStatus, readConnectionStatus, wrongNow } from '../../api/sources.ts';
import type { Kind } from '../../lib/connection.ts';
import { instant } from '../../lib/time.ts';
import { clockText, number, words } from '../../state/language.ts';
import { refusalText } from '../../state/problem.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { hrefTo } from '../../state/route.ts';
import { Ago } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Failed, Loading } from '../../ui/states.tsx';

const EVERY_MS = 2000;

/** How a connection goes: its state, what is wrong and what helps, and what it brought. */
export function ConnectionState({ name, kind }: { name: string; kind: Kind }) {
  const w = words.value;
  const { state, reload } = useResource(`status of connection ${name}`, (stop) => readConnectionStatus(name, stop));
  useEvery(EVERY_MS, reload);
  const { data, problem, loading } = state.value;
  return (
    <Panel title={w.howItGoes} class="connection-state">
      {!data ? (problem && !loading ? <Failed problem={problem} retry={reload} /> : <div class="panel-body"><Loading rows={6} /></div>) : <Told of={data} name={name} kind={kind} />}
    </Panel>
  );
}

function Told({ of, name, kind }: { of: ConnectionStatus; name: string; kind: Kind }) {
  const w = words.value;
  const retry = instant(of.retryAt);
  const rows: [string, number, string?][] = [
    [w.messages, of.messages], [w.valuesHead, of.values], [w.unbound, of.unbound, hrefTo('bindings')], [w.rejects, of.rejected, hrefTo('rejects', '', { sender: name })],
    ...(kind === 'modbus' ? [[w.polls, of.polls], [w.faults, of.faults], [w.written, of.written]] as [string, number][] : []), [w.reconnects, of.reconnects], [w.failures, of.failures],
  ];
  return (
    <>
      <div class="panel-body" role="status">
        <p><span class={of.state === 'connected' ? '' : 'strong-ish'} data-state={of.state}>{w.connectionStates[of.state] ?? of.state}</span> <span class="faint small"><Ago time={of.since} /></span></p>
        {retry !== undefined && <p class="faint small">{w.nextTry} {clockText(retry)}</p>}
        <Wrong of={wrongNow(of)} />
      </div>
      <dl class="facts">{rows.map(([label, value, href]) => <div key={label}><dt class="dim">{label}</dt><dd class="num">{href && value > 0 ? <a class="link strong-ish" href={href}>{number(value, 0)}</a> : number(value, 0)}</dd></div>)}</dl>
    </>
  );
}

/** Told with its age: what is wrong while it is connected may have been so once, and not again. */
export function Wrong({ of }: { of: ConnectionStatus['error'] }) {
  const w = words.value;
  if (!of) return null;
  return <span class="block small">{refusalText(of.code, of.text)} <span class="faint"><Ago time={of.time} /></span><span class="block dim">{w.connectionCures[of.code] ?? of.cure}</span></span>;
}
