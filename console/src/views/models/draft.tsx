// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { uploadModels, validateModels } from '../../api/models.ts';
import { type Remark, remarksOf } from '../../lib/remark.ts';
import type { Problem } from '../../lib/result.ts';
import { type Catalog, modelsChanged } from '../../state/catalog.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { go, hrefTo } from '../../state/route.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import type { Editing } from '../../ui/editor/mount.ts';
import { Editor } from '../../ui/editor.tsx';
import { Icon } from '../../ui/icon.tsx';
import { draft, giveDraft, given, pickFiles, setDraft } from './upload.ts';

const EXAMPLE = `{
  "@context": "dtmi:dtdl:context;3",
  "@id": "dtmi:example:Pump;1",
  "@type": "Interface",
  "displayName": { "en": "Pump", "zh-Hans": "泵" },
  "contents": [
    { "@type": "Property", "name": "name", "schema": "string" },
    { "@type": "Telemetry", "name": "flow", "schema": "double" }
  ]
}
`;
const PAUSE_MS = 300;

interface Verdict {
  text: string;
  remarks: readonly Remark[];
  problem?: Problem;
  ms: number;
}

/** New models: written, pasted or dropped, checked by the server while one types, uploaded as they stand. */
export function Draft({ catalog }: { catalog: Catalog | undefined }) {
  const w = words.value;
  const verdict = useSignal<Verdict | undefined>(undefined);
  const cursor = useSignal({ line: 1, column: 1 });
  const editing = useRef<Editing | undefined>(undefined);
  const text = draft.value;
  useEffect(() => {
    if (draft.peek() === '') giveDraft(EXAMPLE);
  }, []);
  useEffect(() => {
    if (text.trim() === '') return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => void check(text, stop.signal).then((v) => v && (verdict.value = v)), PAUSE_MS);
    return () => (clearTimeout(timer), stop.abort());
  }, [text, catalog]);
  const seen = verdict.value?.text === text ? verdict.value : undefined;
  const remarks = verdict.value?.remarks ?? [];
  const clean = seen !== undefined && remarks.length === 0 && !seen.problem;
  return (
    <div class="model">
      <div class="model-head">
        <h1 class="page-title grow">{w.newModel}</h1>
        <div class="twin-actions">
          <Button icon="up" label={w.uploadFiles} onClick={pickFiles} />
          <Button label={w.discard} onClick={() => (setDraft(''), go(hrefTo('models')))} />
          <Button kind="primary" label={w.upload} disabled={!clean} title={clean ? w.draftReady : w.draftKept} onClick={() => send(text, verdict)} />
        </div>
      </div>
      <Editor
        language="json" label={w.draftText} text={text} given={given.value} remarks={remarks} onChange={setDraft} onRun={() => clean && void send(text, verdict)}
        onCursor={(line, column) => (cursor.value = { line, column })} onReady={(ready) => (editing.current = ready)}
      />
      <p class="model-foot small" role="status">
        {remarks.length > 0
          ? <button type="button" class="foot-errors" onClick={() => editing.current?.show(remarks[0]!)}><Icon name="close" size={12} />{w.errors(remarks.length)}</button>
          : <span class="strong">{text.trim() === '' ? w.empty : clean ? w.clean : w.checking}</span>}
        <span class="dim grow">{seen?.problem ? problemText(seen.problem) : clean ? w.draftReady : w.draftKept}</span>
        <span class="faint">{w.lineColumn(cursor.value.line, cursor.value.column)}</span>
        {seen && <span class="faint">{w.checkedIn(seen.ms.toFixed(0))}</span>}
      </p>
    </div>
  );
}

async function check(text: string, stop: AbortSignal): Promise<Verdict | undefined> {
  const began = performance.now();
  const answer = await validateModels(text, stop);
  if (stop.aborted) return undefined;
  const ms = performance.now() - began;
  return answer.ok ? { text, remarks: answer.value, ms } : { text, remarks: remarksOf(answer.error), problem: answer.error, ms };
}

/** What was checked may be refused all the same, when somebody else was faster. */
async function send(text: string, verdict: { value: Verdict | undefined }): Promise<void> {
  const answer = await uploadModels(text);
  if (!answer.ok) {
    verdict.value = { text, remarks: remarksOf(answer.error), problem: answer.error, ms: 0 };
    say({ text: problemText(answer.error), problem: true });
    return;
  }
  setDraft('');
  modelsChanged();
  const first = answer.value[0]?.id ?? '';
  say({ text: words.peek().uploaded(answer.value.length, first), problem: false });
  go(hrefTo('models', first));
}
