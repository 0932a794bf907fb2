// SPDX-License-Identifier: Apache-2.0
import { type Connection, type EdgeNode, listConnections, listEdgeNodes, wrongNow } from '../../api/sources.ts';
import { number, words } from '../../state/language.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { Ago } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';
import { CommandLine, Empty, Listed } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { useNewKey } from '../shell/keys.tsx';
import { Wrong } from './connection-state.tsx';
import { ConnectionPage } from './connection.tsx';
import { Places } from './places.tsx';

const EVERY_MS = 3000;

/** Where values come from beside devices of our own; one of the connections, or a new one. */
export function SourcesView({ id }: { id: string }) {
  const w = words.value;
  useHead([{ label: w.devices, href: hrefTo('devices') }, { label: w.sources, ...(id ? { href: hrefTo('sources') } : {}) }, ...(id ? [{ label: id === NEW ? w.newConnection : id }] : [])]);
  useNewKey(() => go(hrefTo('sources', NEW)));
  return id ? <ConnectionPage key={id} name={id === NEW ? '' : id} /> : <Sources />;
}

function Sources() {
  const w = words.value;
  const connections = useResource('connections', listConnections);
  const nodes = useResource('edge nodes', listEdgeNodes);
  useEvery(EVERY_MS, () => (connections.reload(), nodes.reload()));
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.sources}</h1>
        <p class="dim grow">{w.sourcesLead}</p>
        <Button kind="primary" icon="plus" label={w.newConnection} disabled={!mayWrite.value} title={mayWrite.value ? w.newConnectionLead : w.readerOnly} onClick={() => go(hrefTo('sources', NEW))} />
      </div>
      <Places />
      <Panel title={w.brokerConnections} note={w.brokerConnectionsNote}>
        <Listed of={connections} inPanel empty={<Empty text={w.noConnections}><CommandLine text="pollux connection put plant plant.json" /></Empty>}>{(rows) => <Connections rows={rows} />}</Listed>
      </Panel>
      <Panel title={w.edgeNodes} note="Sparkplug B">
        <Listed of={nodes} inPanel empty={<Empty text={w.noEdgeNodes} />}>{(rows) => <EdgeNodes rows={rows} />}</Listed>
      </Panel>
    </div>
  );
}

function Connections({ rows }: { rows: readonly Connection[] }) {
  const w = words.value;
  return (
    <div class="table-box" role="region" aria-label={w.brokerConnections} tabIndex={0}>
      <table class="table stacks">
        <thead><tr><th>{w.name}</th><th>{w.address}</th><th>{w.deviceState}</th><th class="num">{w.messages}</th><th class="num">{w.valuesHead}</th><th class="num">{w.unbound}</th><th class="num">{w.rejects}</th></tr></thead>
        <tbody>
          {rows.map(({ id, connection, status }) => (
            <tr key={id} class={status.state === 'off' ? 'faint' : ''}>
              <td><a class="row-link" href={hrefTo('sources', id)}>{id}</a></td>
              <td class="mono dim wrap">{connection ? `${connection.type} ${connection.host}${connection.port ? `:${connection.port}` : ''}` : ''}</td>
              <td class="wrap">
                <span class={status.state === 'connected' ? 'dim' : 'strong-ish'}>{w.connectionStates[status.state] ?? status.state}</span> <span class="faint small"><Ago time={status.since} /></span>
                <Wrong of={wrongNow(status)} />
              </td>
              <td class="num" data-label={w.messages}>{number(status.messages, 0)}</td>
              <td class="num" data-label={w.valuesHead}>{number(status.values, 0)}</td>
              <td class="num" data-label={w.unbound}>{status.unbound > 0 ? <a class="link strong-ish" href={hrefTo('bindings')} title={status.unboundTopic ? `${w.unboundHelp}: ${status.unboundTopic}` : w.unboundHelp}>{number(status.unbound, 0)}</a> : number(0, 0)}</td>
              <td class="num" data-label={w.rejects}>{status.rejected > 0 ? <a class="link strong-ish" href={hrefTo('rejects')}>{number(status.rejected, 0)}</a> : number(0, 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Each node, and below it its devices, with the twins that they fill. */
function EdgeNodes({ rows }: { rows: readonly EdgeNode[] }) {
  const w = words.value;
  const flat = rows.flatMap(({ group, node, devices, ...own }) => [{ ...own, name: node, twin: `${group}.${node}`, depth: 0 }, ...devices.map(({ device, ...one }) => ({ ...one, name: device, twin: `${group}.${node}.${device}`, depth: 1 }))]);
  return (
    <div class="table-box" role="region" aria-label={w.edgeNodes} tabIndex={0}>
      <table class="table stacks">
        <thead><tr><th>{w.name}</th><th>{w.deviceTwin}</th><th>{w.deviceState}</th><th class="num">{w.metrics}</th></tr></thead>
        <tbody>
          {flat.map((one) => (
            <tr key={one.twin} class={one.online ? '' : 'faint'}>
              <td class={one.depth > 0 ? 'indent' : 'strong-ish'}>{one.name}</td>
              <td><a class="link mono" href={hrefTo('twin', one.twin)}>{one.twin}</a></td>
              <td><span class={one.online ? 'dim' : 'strong-ish'}>{one.online ? w.online : w.offline}</span> <span class="faint small"><Ago time={one.since} /></span></td>
              <td class="num" data-label={w.metrics}>{number(one.metrics, 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
