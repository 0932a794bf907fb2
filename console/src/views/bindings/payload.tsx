// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { DEPTH_MAX, filterOf, isAt, jsonOf, placeOf } from '../../lib/binding.ts';
import type { Heard } from '../../lib/heard.ts';
import { isRecord } from '../../lib/result.ts';
import { jsonText, Written } from '../../lib/written.ts';
import { capture, captureProblem, chosen, draft, fields, hear, latest, listen, messages, stopListening, text, topics, trial, writeDocument } from '../../state/binding.ts';
import { clockText, words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { mayWrite } from '../../state/session.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { AreaLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty } from '../../ui/states.tsx';

const mqttOf = (): string => {
  const source = draft.value?.['source'];
  return isRecord(source) && typeof source['mqtt'] === 'string' ? source['mqtt'] : '';
};

/** What a device sends: heard now, pasted, or refused before; the mapped parts carry their field's number. */
export function Payload() {
  const w = words.value;
  const pasting = useSignal(false);
  const one = latest.value;
  return (
    <Panel title={w.livePayload} aside={one && clockText(one.at)} class="payload">
      <Listen />
      {one ? <Shown one={one} /> : topics.value.size > 0 ? <Topics /> : capture.value === 'off' ? <Empty text={w.listenLead} /> : <p class="panel-body dim" role="status">{capture.value === 'on' ? w.heardNothing : w.connecting}</p>}
      <span class="grow" />
      <p class="payload-foot">
        <Button label={`${w.pastePayload} …`} onClick={() => void (pasting.value = true)} />
        {one && topics.value.size > 1 && <Button label={w.otherTopics} onClick={() => void (chosen.value = undefined)} />}
      </p>
      {pasting.value && <Paste close={() => (pasting.value = false)} />}
    </Panel>
  );
}

function Listen() {
  const w = words.value;
  const own = useSignal<string | undefined>(undefined);
  const filter = own.value ?? (filterOf(mqttOf()) || '#');
  const off = capture.value === 'off';
  const run = () => (off ? listen(filter || '#') : stopListening());
  return (
    <form class="listen" noValidate>
      <input class="field mono" aria-label={w.topicFilter} title={w.topicFilter} value={filter} disabled={!off} spellcheck={false} onInput={(e) => (own.value = e.currentTarget.value)} />
      <Button submit icon={off ? 'start' : 'stop'} label={off ? w.listen : w.stopListening} disabled={!mayWrite.value} {...(mayWrite.value ? {} : { title: w.readerOnly })} onClick={run} />
      {captureProblem.value && <p class="field-problem small" role="alert">{captureProblem.value.status === 0 ? w.captureLost : problemText(captureProblem.value)}</p>}
    </form>
  );
}

/** Which of all that was heard is to be mapped. A new binding begins with what is chosen here. */
function Topics() {
  const w = words.value;
  return (
    <div class="panel-body">
      <p class="dim" role="status">{w.chooseTopic}</p>
      <ul class="topic-list">
        {[...topics.value].map(([topic, heard]) => (
          <li key={topic}><button type="button" class="row" onClick={() => choose(topic)}><span class="mono grow wrap">{topic}</span><span class="faint small">{w.topicHeard(heard.length)}</span></button></li>
        ))}
      </ul>
    </div>
  );
}

function choose(topic: string): void {
  chosen.value = topic;
  if (text.peek().trim() === '') writeDocument({ source: { mqtt: topic }, fields: [] });
}

function Shown({ one }: { one: Heard }) {
  const w = words.value;
  const value = one.payload === undefined ? undefined : jsonOf(one.payload);
  return (
    <>
      <p class="payload-topic mono faint small wrap">{one.topic}</p>
      {one.bytes !== undefined ? <p class="panel-body dim">{w.bytesPayload(one.bytes)}</p>
        : value === undefined ? <><pre class="payload-text mono" tabIndex={0}>{one.payload}</pre><p class="panel-body faint small">{w.noJson}</p></>
        : <pre class="payload-text mono" tabIndex={0}><Node value={value} pointer="" indent="" depth={0} /></pre>}
      <Bars />
    </>
  );
}

/** JSON with the number of the field that takes a value beside it. */
function Node({ value, pointer, indent, depth }: { value: unknown; pointer: string; indent: string; depth: number }) {
  if (typeof value !== 'object' || value === null || value instanceof Written) {
    return <><span class={typeof value === 'string' ? 'json-text' : 'json-number'}>{jsonText(value)}</span><Numbers pointer={pointer} /></>;
  }
  const isArray = Array.isArray(value);
  if (depth >= DEPTH_MAX) return <span class="faint">{isArray ? '[…]' : '{…}'}</span>;
  const entries = Object.entries(value);
  const deeper = indent + '  ';
  return (
    <>
      {isArray ? '[' : '{'}
      {entries.map(([key, item], i) => (
        <span key={key}>{'\n' + deeper}{!isArray && <><span class="json-key">{JSON.stringify(key)}</span>: </>}<Node value={item} pointer={`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`} indent={deeper} depth={depth + 1} />{i < entries.length - 1 ? ',' : ''}</span>
      ))}
      {entries.length > 0 ? '\n' + indent : ''}{isArray ? ']' : '}'}
    </>
  );
}

function Numbers({ pointer }: { pointer: string }) {
  const w = words.value;
  const at = fields.value.findIndex((field) => placeOf(field) !== '' && isAt(placeOf(field), pointer));
  return at < 0 ? null : <span class="bead" title={w.mappedAs(at + 1)}>{at + 1}</span>;
}

/** The last messages, each a bar as long as its payload; those with misses stand out by form and word. */
function Bars() {
  const w = words.value;
  const all = messages.value;
  const tried = trial.value?.answer?.messages ?? [];
  const of = new Map(trial.value?.of.map((one, i) => [one, tried[i]]));
  const known = all.filter((one) => of.get(one) !== undefined);
  const wrong = (one: Heard) => (of.get(one)?.misses.length ?? 0) > 0 || of.get(one)?.error !== undefined;
  const most = Math.max(1, ...all.map((one) => (one.payload ?? one.base64 ?? '').length));
  const missed = known.filter(wrong).length;
  const sum = w.list([w.acceptedOf(known.length - missed), ...(missed > 0 ? [w.missedOf(missed)] : [])]);
  return (
    <div class="payload-bars">
      <p class="faint small">{w.lastMessages(all.length)}</p>
      <div class="bars" role="img" aria-label={sum}>
        {all.map((one, i) => <span key={i} class={wrong(one) ? 'missed' : ''} style={{ height: `${6 + (20 * (one.payload ?? one.base64 ?? '').length) / most}px` }} />)}
      </div>
      {tried.length > 0 && <p class="small">{sum}</p>}
    </div>
  );
}

function Paste({ close }: { close: () => void }) {
  const w = words.value;
  const topic = useSignal(chosen.peek() ?? mqttOf());
  const body = useSignal('');
  const run = async () => {
    if (body.value.trim() === '') return;
    hear({ topic: topic.value.trim(), payload: body.value, at: Date.now() });
    choose(topic.value.trim());
    close();
  };
  return (
    <Ask title={w.pastePayload} verb={w.usePayload} run={run} close={close}>
      <TextLine id="paste-topic" label={w.topicPattern} mono autofocus value={topic.value} onInput={(v) => (topic.value = v)} placeholder="factory/1/7/data" />
      <AreaLine id="paste-body" label={w.payloadText} rows={8} value={body.value} onInput={(v) => (body.value = v)} />
    </Ask>
  );
}
