// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import { listModels } from '../../api/models.ts';
import { listTwins } from '../../api/twins.ts';
import { fieldsOf, jsonOf, leavesOf, propose, withField } from '../../lib/binding.ts';
import type { Field } from '../../lib/dtdl.ts';
import { isRecord } from '../../lib/result.ts';
import { createdModel, draft, given, last, latest, messages, text, trial, trying, write, writeDocument } from '../../state/binding.ts';
import { words } from '../../state/language.ts';
import { interfaceOf, modelName } from '../../state/models.ts';
import { problemText } from '../../state/problem.ts';
import { useResource } from '../../state/resource.ts';
import { go, hrefWith, route } from '../../state/route.ts';
import { twinNow, useTwins } from '../../state/twins.ts';
import { Button } from '../../ui/button.tsx';
import { Editor } from '../../ui/editor.tsx';
import { SelectLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { tableKey } from '../shell/keys.tsx';
import { FieldTable } from './field-table.tsx';

/** The twin that the binding goes to, where its template names one, or where a message went; of one that it will
 *  make the model is known. */
export function useTarget(): { id: string; model: string | undefined; fields: readonly Field[] } {
  const template = draft.value?.['twin'];
  const fixed = typeof template === 'string' && !template.includes('{') ? template : '';
  const id = last.value?.values[0]?.twin ?? fixed;
  useTwins(id ? [id] : []);
  const model = twinNow(id)?.model ?? (createdModel.value || undefined);
  return { id: id || (typeof template === 'string' ? template : ''), model, fields: [...(interfaceOf(model)?.fields.values() ?? [])].filter((f) => f.kind === 'Property' || f.kind === 'Telemetry') };
}

/** Which part of a payload becomes which property: as fields, or as the document itself. */
export function Mapping() {
  const w = words.value;
  const as = route.value.query['as'] === 'text' ? 'text' : 'fields';
  const show = (next: 'fields' | 'text') => go(hrefWith({ as: next === 'text' ? 'text' : '' }));
  useEffect(() => {
    tableKey.value = () => show(route.peek().query['as'] === 'text' ? 'fields' : 'text');
    return () => void (tableKey.value = undefined);
  }, []);
  return (
    <Panel
      title={w.mapping}
      aside={<span class="panel-tools">{as === 'fields' && <Suggest />}<Segmented label={w.mapping} value={as} options={[{ value: 'fields', label: w.asFields }, { value: 'text', label: w.asText }]} onChange={show} /></span>}
      class="mapping"
    >
      {as === 'text'
        ? <Editor language="json" label={w.documentText} text={text.value} given={given.value} onChange={write} />
        : draft.value || text.value.trim() === '' ? <Form /> : <p class="panel-body field-problem" role="alert">{w.documentBroken}</p>}
      <Verdict />
    </Panel>
  );
}

function Suggest() {
  const w = words.value;
  const { id, fields } = useTarget();
  const payload = latest.value?.payload === undefined ? undefined : jsonOf(latest.value.payload);
  const able = payload !== undefined && fields.length > 0;
  const run = () => {
    const made = propose(latest.value!.topic, payload, id, fields);
    const before = draft.peek() ?? {};
    const known = fieldsOf(before);
    const taken = new Set(known.map((f) => f['to']));
    const more = fieldsOf(made).filter((f) => !taken.has(f['to']));
    writeDocument({ ...made, ...before, ...(before['time'] === undefined && made['time'] ? { time: made['time'] } : {}), fields: [...known, ...more] });
  };
  return <Button label={w.suggestAll} disabled={!able} title={w.suggestHelp} onClick={run} />;
}

function Form() {
  const w = words.value;
  const doc = draft.value ?? {};
  const source = isRecord(doc['source']) ? doc['source'] : {};
  const time = isRecord(doc['time']) ? doc['time'] : {};
  const twins = useResource('twins to choose', (stop) => listTwins(undefined, stop, 1)).state.value.data;
  const models = (useResource('models to choose', (stop) => listModels(stop, false)).state.value.data ?? []).filter((row) => !row.decommissioned);
  const target = useTarget();
  const leaves = leavesOf(latest.value?.payload === undefined ? undefined : jsonOf(latest.value.payload));
  const set = (change: Record<string, unknown>) => writeDocument({ ...doc, ...change });
  /** A twin that is not named yet is no twin of an empty name, which would be wrong before anything is typed. */
  const setTwin = (twin: string) => {
    const { twin: _, ...rest } = doc;
    writeDocument(twin ? { ...doc, twin } : rest);
  };
  const setTime = (from: string) => {
    const { time: _, ...rest } = doc;
    writeDocument(from ? { ...rest, time: { ...time, from } } : rest);
  };
  /** What it makes it may write to: only a binding that writes as itself may make twins. */
  const setModel = (model: string) => {
    const { create, ...rest } = doc;
    writeDocument(model ? { ...rest, create: { ...(isRecord(create) ? create : {}), model }, as: 'binding' } : rest);
  };
  // Messages of a connection have their topic under another name.
  const topicKey = typeof source['connection'] === 'string' ? 'topic' : 'mqtt';
  const setTopic = (topic: string) => {
    const { [topicKey]: _, ...rest } = source;
    set({ source: topic ? { ...rest, [topicKey]: topic } : rest });
  };
  const word = (value: unknown) => (typeof value === 'string' ? value : '');
  return (
    <>
      <div class="mapping-head">
        <TextLine id="map-topic" label={w.topicPattern} {...(topicKey === 'topic' ? { note: word(source['connection']) } : {})} help={w.topicPatternHelp} mono value={word(source[topicKey])} onInput={setTopic} />
        <TextLine id="map-twin" label={w.twinTemplate} help={w.twinTemplateHelp} mono value={word(doc['twin'])} onInput={setTwin} choices={(twins?.items ?? []).map((row) => row.id)} />
        <TextLine id="map-time" label={w.timePlace} mono placeholder={w.timePlaceNone} value={word(time['from'])} onInput={setTime} choices={leaves.map((leaf) => leaf.pointer)} />
        <SelectLine id="map-model" label={w.makesTwins} help={w.makesTwinsHelp} value={createdModel.value} onChange={setModel} options={[{ value: '', label: w.makesNone }, ...models.map((row) => ({ value: row.id, label: `${modelName(row.id)} · ${row.id}` }))]} />
      </div>
      <FieldTable doc={doc} leaves={leaves} target={target.fields} model={target.model} />
      <p class="panel-body"><span><Button icon="plus" label={w.addField} onClick={() => writeDocument(withField(doc, fieldsOf(doc).length, { from: '/', to: '' }))} /></span></p>
    </>
  );
}

/** What was left over, and what the server says of the whole. */
function Verdict() {
  const w = words.value;
  const doc = draft.value;
  const tried = last.value;
  const problem = trial.value?.problem;
  if (!doc) return null;
  return (
    <div class="verdict">
      {problem ? <p class="field-problem" role="alert">{problemText(problem)} <span class="faint mono tiny">{problem.rule ?? problem.code}</span></p>
        : messages.value.length === 0 ? <p class="dim">{w.noTrial}</p>
        : tried?.error ? <p class="field-problem" role="alert">{tried.error} {w.cures[tried.code ?? ''] ?? ''}</p>
        : tried && tried.leftovers.length > 0 ? (
          <div class="leftovers">
            <span class="dim">{w.notMapped}</span>
            {tried.leftovers.map((pointer) => <Button key={pointer} label={pointer} icon="plus" title={`${w.mapIt} ${pointer}`} onClick={() => writeDocument(withField(doc, fieldsOf(doc).length, { from: pointer, to: '' }))} />)}
          </div>
        ) : tried ? <p class="dim">{w.allMapped}</p> : null}
      <span class="faint small" role="status">{trying.value ? w.trying : ''}</span>
    </div>
  );
}
