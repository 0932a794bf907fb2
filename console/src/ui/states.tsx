// SPDX-License-Identifier: Apache-2.0
// The drawn states of anything that is read: loading, empty, failed. The fourth, stale, is a mark and
// an age in the head of a panel, because the data stays.
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Problem } from '../lib/result.ts';
import { words } from '../state/language.ts';
import { problemText } from '../state/problem.ts';
import type { Resource } from '../state/resource.ts';
import { Button } from './button.tsx';

/** True from `ms` on after it was first drawn. */
export function useLate(ms: number): boolean {
  const late = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (late.value = true), ms);
    return () => clearTimeout(timer);
  }, []);
  return late.value;
}

/** Nothing for 200 ms, then the outline of what comes, after 5 s a sentence. Takes its final height
 *  at once, so that nothing jumps. */
export function Loading({ rows = 4, height }: { rows?: number; height?: number }) {
  const shown = useLate(200);
  const long = useLate(5000);
  const w = words.value;
  return (
    <div class="loading" style={height ? { height: `${height}px` } : { minHeight: `${rows * 32}px` }} aria-busy="true">
      {shown && Array.from({ length: rows }, (_, i) => <div key={i} class="skeleton" style={{ width: `${88 - ((i * 37) % 45)}%` }} />)}
      {shown && <p class="unseen">{w.loading}</p>}
      {long && <p class="faint small" role="status">{w.waitingFor(w.theServer)}</p>}
    </div>
  );
}

/** The server's own sentence, its code, and another try. */
export const Failed = ({ problem, retry }: { problem: Problem; retry?: () => void }) => (
  <div class="failed" role="alert">
    <p class="strong">{words.value.failed}</p>
    <p class="dim">{problemText(problem)}</p>
    <p class="failed-foot">
      {retry && <Button label={words.value.retry} onClick={retry} />}
      <span class="faint tiny mono">{problem.code}</span>
    </p>
  </div>
);

/** One sentence, and what to do: a command to copy, or a button. */
export const Empty = ({ text, children }: { text: string; children?: ComponentChildren }) => (
  <div class="empty">
    <p class="dim">{text}</p>
    {children}
  </div>
);

interface ListedProps<T> {
  of: Resource<T[]>;
  /** How many are drawn while it loads. */
  loading?: number;
  /** Loading keeps off the frame of its panel. */
  inPanel?: boolean;
  empty: JSX.Element;
  children: (rows: T[]) => JSX.Element;
}

/** A list in each of these states, and else its rows. */
export function Listed<T>({ of, loading: count = 2, inPanel, empty, children }: ListedProps<T>) {
  const { data, problem, loading } = of.state.value;
  if (data) return data.length === 0 ? empty : children(data);
  if (problem && !loading) return <Failed problem={problem} retry={of.reload} />;
  return inPanel ? <div class="panel-body"><Loading rows={count} /></div> : <Loading rows={count} />;
}

/** A command line that can be taken along. */
export function CommandLine({ text }: { text: string }) {
  const done = useSignal(false);
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      done.value = true;
      setTimeout(() => (done.value = false), 2000);
    });
  };
  return (
    <div class="command-line">
      <code>{text}</code>
      <Button kind="icon" icon="copy" label={done.value ? words.value.copied : words.value.copy} onClick={copy} />
    </div>
  );
}
