// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { listRejects, type Reject, type RejectFilter, replayRejects } from '../../api/bindings.ts';
import { instant } from '../../lib/time.ts';
import { clockText, instantText, words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { go, hrefTo, hrefWith, NEW, route } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { Places } from '../devices/places.tsx';
import { useHead } from '../shell/head.ts';

const EVERY_MS = 3000;

/** What was refused, why, and what mends it. The filter is part of the address. */
export function RejectsView() {
  const w = words.value;
  const { sender = '', reason = '', binding = '' } = route.value.query;
  const filter: RejectFilter = { sender, reason, binding };
  const { state, reload } = useResource(`rejects ${sender}\n${reason}\n${binding}`, (stop) => listRejects(filter, stop));
  useEvery(EVERY_MS, reload);
  useHead([{ label: w.devices, href: hrefTo('devices') }, { label: w.rejects }]);
  const { data, problem, loading } = state.value;
  const items = data?.items ?? [];
  const filtered = sender !== '' || reason !== '' || binding !== '';
  const offered = items.filter((one) => one.replayable);
  const replay = (which: RejectFilter) => async () => {
    const answer = await replayRejects(which);
    reload();
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    const { offered: all, taken, values, left } = answer.value;
    say({ text: w.replayed(all, taken, values, left), problem: left > 0 });
  };
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.rejects}</h1>
        <p class="dim grow">{items.length > 0 ? w.rejectCount(items.length) : w.rejectsLead}</p>
        {binding !== '' && offered.length > 0 && <Button label={w.replayAll(offered.length)} disabled={!mayWrite.value} onClick={replay(filter)} />}
      </div>
      <Places />
      {(items.length > 0 || filtered) && <Filters items={items} />}
      {!data && (problem && !loading ? <Failed problem={problem} retry={reload} /> : <Loading rows={8} />)}
      {data && items.length === 0 && <Empty text={filtered ? w.noRejectMatch : w.noRejects}>{filtered && <Button label={w.clearFilter} onClick={() => go(hrefTo('rejects'))} />}</Empty>}
      {items.length > 0 && <Table items={items} replay={(one) => replay({ number: String(one.number) })} />}
      {data?.cursor && <p class="faint small">{w.rejectsMore}</p>}
    </div>
  );
}

function Filters({ items }: { items: readonly Reject[] }) {
  const w = words.value;
  const { query } = route.value;
  const choices: { key: 'sender' | 'reason' | 'binding'; any: string; of: (one: Reject) => string }[] = [
    { key: 'sender', any: w.anySender, of: (one) => one.sender },
    { key: 'reason', any: w.anyReason, of: (one) => one.code },
    { key: 'binding', any: w.anyBinding, of: (one) => one.binding ?? '' },
  ];
  return (
    <div class="filters">
      {choices.map(({ key, any, of }) => {
        const now = query[key] ?? '';
        const seen = [...new Set([now, ...items.map(of)].filter(Boolean))].sort();
        return (
          <select key={key} class="field" aria-label={any} value={now} onChange={(e) => go(hrefWith({ [key]: e.currentTarget.value }))}>
            <option value="">{any}</option>
            {seen.map((value) => <option key={value} value={value}>{value}</option>)}
          </select>
        );
      })}
    </div>
  );
}

function Table({ items, replay }: { items: readonly Reject[]; replay: (one: Reject) => () => Promise<unknown> }) {
  const w = words.value;
  return (
    <ul class="panel rejects" aria-label={w.rejects}>
      {items.map((one) => (
        <li key={one.number} class="reject">
          <div class="reject-head">
            <time class="faint small" title={instantText(instant(one.time) ?? 0)}>{clockText(instant(one.time) ?? 0)}</time>
            {one.twin && <a class="link" href={hrefTo('twin', one.twin)}>{one.twin}</a>}
            {one.name && <span class="mono strong-ish">{one.name}</span>}
            <span class="grow" />
            <span class="faint small">{w.sender} {one.sender}</span>
          </div>
          <p><span class="strong-ish">{one.reason}</span> <span class="faint mono tiny">{one.code}</span></p>
          {w.cures[one.code] && <p class="dim">{w.cures[one.code]}</p>}
          <div class="reject-foot">
            <Cut text={one.payload} source={one.source} />
            <span class="grow" />
            {one.binding
              ? <a class="button plain" href={hrefTo('bindings', one.binding, { reject: String(one.number) })}><span>{w.openInBinding}</span></a>
              : one.code.startsWith('sync.') && <a class="button plain" href={hrefTo('bindings', NEW, { reject: String(one.number) })}><span>{w.bindPayload}</span></a>}
            {one.replayable && <Button label={w.replay} disabled={!mayWrite.value} {...(mayWrite.value ? {} : { title: w.readerOnly })} onClick={replay(one)} />}
          </div>
        </li>
      ))}
    </ul>
  );
}

const SHOWN_MAX = 200;

/** The payload as it came; a long one is opened by hand. */
function Cut({ text, source }: { text: string; source: string | undefined }) {
  const open = useSignal(false);
  const isLong = text.length > SHOWN_MAX;
  return (
    <code class="reject-payload wrap">
      {source && <span class="faint">{source} </span>}
      {open.value || !isLong ? text : text.slice(0, SHOWN_MAX)}
      {isLong && <button type="button" class="link inline" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>{open.value ? ' −' : ' …'}</button>}
    </code>
  );
}
