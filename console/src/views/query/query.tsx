// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { complete } from '../../lib/complete.ts';
import { remarksOf } from '../../lib/remark.ts';
import { printRoute } from '../../lib/route.ts';
import { ask, asking, stop } from '../../state/asking.ts';
import { useCatalog } from '../../state/catalog.ts';
import { words } from '../../state/language.ts';
import { addressed, go, hrefWith, route } from '../../state/route.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { Editor } from '../../ui/editor.tsx';
import { useHead } from '../shell/head.ts';
import { runKey } from '../shell/keys.tsx';
import { PlanStrip } from './plan.tsx';
import { RecentList } from './recent.tsx';
import { Result } from './result.tsx';

const FIRST = 'SELECT * FROM DIGITALTWINS T';
const PAUSE_MS = 250;

/** A query, its plan and its answer. The address has the text: a link to it runs it. */
export function QueryView() {
  const w = words.value;
  const q = route.value.query['q'] ?? '';
  const text = useSignal(q || FIRST);
  const given = useSignal(0);
  /** What this page wrote into the address itself; anything else came from a link, or from Back. */
  const written = useRef('');
  const documents = useCatalog().state.value.data?.documents;
  useHead([{ label: w.query }]);
  useEffect(() => {
    if (q === written.current) return;
    written.current = q;
    if (q === '') return;
    text.value = q;
    given.value++;
    void ask(q);
  }, [q]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const at = addressed();
      if (at.view !== 'query' || (at.query['q'] ?? '') !== q) return; // somebody went on meanwhile: what was written before must not lead back
      if (text.value === q || (text.value === FIRST && q === '')) return;
      written.current = text.value;
      go(printRoute({ ...at, query: { ...at.query, q: text.value } }), true);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  const run = () => {
    const next = text.peek();
    written.current = next;
    if (next !== asking.peek().answer?.text) go(hrefWith({ q: next }));
    return ask(next);
  };
  useEffect(() => {
    runKey.value = () => void run();
    return () => {
      runKey.value = undefined;
      stop();
    };
  }, []);
  const { running, problem, failed } = asking.value;
  const remarks = useMemo(() => (failed === text.value ? remarksOf(problem) : []), [problem, failed, text.value]);
  const share = () => void navigator.clipboard?.writeText(location.href).then(() => say({ text: w.linkCopied, problem: false }));
  return (
    <div class="split query">
      <aside class="split-side" aria-label={w.recent}><RecentList shown={text.value} /></aside>
      <div class="split-main">
        <div class="page">
          <div class="page-head">
            <h1 class="page-title">{w.query}</h1>
            <p class="dim grow">{w.queryLead}</p>
            <div class="twin-actions">
              <Button icon="link" label={w.copyLink} onClick={share} />
              {running
                ? <Button key="stop" icon="stop" label={w.stopRun} onClick={stop} />
                : <Button key="run" kind="primary" icon="start" label={w.run} onClick={() => void run()}><kbd>Ctrl Enter</kbd></Button>}
            </div>
          </div>
          <section class="panel query-box" aria-label={w.queryText}>
            <Editor
              language="query" label={w.queryText} text={text.value} given={given.value} remarks={remarks} onChange={(next) => (text.value = next)} onRun={() => void run()}
              complete={(all, at) => complete(all, at, documents ?? new Map())}
            />
            <PlanStrip />
          </section>
          <Result placed={remarks.length > 0} retry={() => void run()} />
        </div>
      </div>
    </div>
  );
}
