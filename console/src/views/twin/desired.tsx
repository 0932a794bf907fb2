// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { draftOf, readDraft, type Shape } from '../../lib/shape.ts';
import { ageOf, instant } from '../../lib/time.ts';
import type { Desired as Wish, Json, Twin } from '../../lib/twin.ts';
import { now } from '../../state/clock.ts';
import { setDesired, useDesired } from '../../state/control.ts';
import { clockText, instantText, words } from '../../state/language.ts';
import { fieldName, fieldOf, interfaceOf } from '../../state/models.ts';
import { mayWrite } from '../../state/session.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectLine } from '../../ui/form.tsx';
import { freshnessOf, instantsOf } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ShapeInput } from '../../ui/shape-input.tsx';
import { Failed } from '../../ui/states.tsx';
import { unitOf, valueText } from './value.ts';

const DONE = 'applied';

/** What is wanted beside what is, for all that may be written, and how far it got. */
export function Desired({ twin }: { twin: Twin }) {
  const w = words.value;
  const { state, reload } = useDesired(twin.id);
  const editing = useSignal<string | undefined>(undefined);
  const wishes = state.value.data ?? twin.desired;
  const writable = [...(interfaceOf(twin.model)?.fields.values() ?? [])].filter((f) => f.kind === 'Property' && f.writable).map((f) => f.name);
  const names = [...new Set([...writable, ...Object.keys(wishes)])];
  if (names.length === 0) return null;
  const open = names.filter((name) => wishes[name] && wishes[name].status !== DONE).length;
  return (
    <Panel title={w.desiredReported} aside={open > 0 ? w.differs(open, names.length) : w.agrees} class="desired">
      {state.value.problem && !state.value.loading && <Failed problem={state.value.problem} retry={reload} />}
      <div class="table-box">
        <table class="table">
          <thead><tr><th>{w.name}</th><th class="num">{w.desired}</th><th class="num">{w.reported}</th><th>{w.wishStatus}</th><th><span class="unseen">{w.set}</span></th></tr></thead>
          <tbody>{names.map((name) => <Row key={name} twin={twin} name={name} wish={wishes[name]} edit={() => void (editing.value = name)} />)}</tbody>
        </table>
      </div>
      {editing.value !== undefined && <Edit key={editing.value} twin={twin} name={editing.value} wish={wishes[editing.value]} close={() => (editing.value = undefined)} />}
    </Panel>
  );
}

function Row({ twin, name, wish, edit }: { twin: Twin; name: string; wish: Wish | undefined; edit: () => void }) {
  const w = words.value;
  const title = fieldName(twin.model, name);
  const open = wish !== undefined && wish.status !== DONE;
  const reported = twin.values[name];
  return (
    <>
      <tr class={open ? 'differs' : ''}>
        <td title={name}>{title}</td>
        <td class="num">{wish ? valueText(twin, name, wish.value) : <span class="faint">{w.notSet}</span>}</td>
        <td class={`num ${freshnessOf(reported)}`} title={reported ? instantsOf(reported) : ''}><span class="figure">{valueText(twin, name, reported?.value)}</span> <span class="faint small">{unitOf(twin, name)}</span></td>
        <td>{wish?.status && <Status wish={wish} />}</td>
        <td class="num"><Button kind="ghost" label={w.set} disabled={!mayWrite.value} title={mayWrite.value ? w.setTitle(title) : w.readerOnly} onClick={edit} /></td>
      </tr>
      {wish?.reason && <tr class="reason"><td colSpan={5} class="dim small">{title}: {wish.reason}</td></tr>}
    </>
  );
}

function Status({ wish }: { wish: Wish }) {
  const w = words.value;
  const since = instant(wish.since);
  const ends = instant(wish.expires ?? undefined);
  const status = w.wishStatuses[wish.status!] ?? wish.status!;
  const hint = [since !== undefined ? instantText(since) : '', ends !== undefined ? w.wishEnds(instantText(ends)) : ''].filter(Boolean).join('\n');
  return (
    <span class={wish.status === DONE ? 'faint' : ''} title={hint} data-status={wish.status}>
      {status}
      {since !== undefined && <span class="faint small block">{w.age(ageOf(since, now.value))}</span>}
      {ends !== undefined && wish.status !== DONE && <span class="faint small block">{w.wishEnds(clockText(ends))}</span>}
    </span>
  );
}

function Edit({ twin, name, wish, close }: { twin: Twin; name: string; wish: Wish | undefined; close: () => void }) {
  const w = words.value;
  const title = fieldName(twin.model, name);
  const shape: Shape = fieldOf(twin.model, name)?.shape ?? { kind: 'json' };
  const draft = useSignal(draftOf(shape, wish?.value ?? twin.values[name]?.value));
  const span = useSignal('');
  const problem = useSignal('');
  const send = async (value: Json | undefined) => {
    problem.value = await setDesired(twin.id, name, title, value, wish, span.value);
    if (!problem.value) close();
  };
  const run = async () => {
    const read = readDraft(shape, draft.value);
    if (read.ok) return send(read.value as Json);
    problem.value = `${read.path ? w.shapeWrongAt(read.path, read.text) : w.shapeWrong(read.text)} ${w.shapeWanted[shape.kind] ?? ''}`;
  };
  return (
    <Ask title={w.setTitle(title)} lead={w.setLead} verb={w.set} run={run} close={close}>
      <ShapeInput id="desired-value" label={title} shape={shape} draft={draft.value} unit={unitOf(twin, name)} onChange={(next) => ((draft.value = next), (problem.value = ''))} autofocus />
      <SelectLine id="desired-ends" label={w.endsAfter} value={span.value} onChange={(next) => (span.value = next)} options={[{ value: '', label: w.endsNever }, ...Object.entries(w.endSpans).map(([value, label]) => ({ value, label }))]} />
      {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
      {wish && <p><Button label={w.takeBack} onClick={() => send(undefined)} /></p>}
    </Ask>
  );
}
