// SPDX-License-Identifier: Apache-2.0
// A binding while it is written: its text, the messages it is tried on, and what came of that.
import { batch, computed, signal } from '@preact/signals';
import { type Trial, tryBinding } from '../api/bindings.ts';
import { Capture, deleteToken } from '../api/capture.ts';
import { type Document, fieldsOf, jsonOf } from '../lib/binding.ts';
import { type Heard, newestThatFit, type Topics, withHeard } from '../lib/heard.ts';
import { printJson } from '../lib/json-print.ts';
import type { Message } from '../lib/mqtt.ts';
import { isRecord, type Problem } from '../lib/result.ts';
import { recall, remember } from './memory.ts';
import { beforeSignOut } from './session.ts';

const PAUSE_MS = 400;
const DRAFT = 'pollux.binding';
/** What the server itself means by a topic needs no binding. */
const KNOWN = new Set(['twins', 'events', 'spBv1.0']);
const BASE64_CHUNK = 0x8000;

export const text = signal('');
/** Goes up when the text came from elsewhere than the editor. */
export const given = signal(0);
export const etag = signal('');
export const saved = signal('');
/** What somebody else stored while the text here was changed: kept beside it until one of the two is chosen. */
export const elsewhere = signal<{ document: Document; tag: string } | undefined>(undefined);
export const draft = computed<Document | undefined>(() => {
  const value = jsonOf(text.value);
  return isRecord(value) ? value : undefined;
});
export const changed = computed(() => text.value !== saved.value);

export const topics = signal<Topics>(new Map());
export const chosen = signal<string | undefined>(undefined);
export const messages = computed<readonly Heard[]>(() => topics.value.get(chosen.value ?? '') ?? []);
export const latest = computed<Heard | undefined>(() => messages.value[messages.value.length - 1]);

export const capture = signal<'off' | 'opening' | 'on'>('off');
export const captureProblem = signal<Problem | undefined>(undefined);
/** `of`: the messages that were tried. */
export const trial = signal<{ of: readonly Heard[]; answer?: Trial; problem?: Problem } | undefined>(undefined);
export const trying = signal(false);

let listener: Capture | undefined;

export const printBinding = (of: Document): string => printJson(of) + '\n';

/** Another binding, or a new one: whatever the last one left goes. */
export function begin(document_: Document | undefined, tag: string): void {
  void stopListening();
  endTrial();
  batch(() => {
    renew(document_, tag);
    topics.value = new Map();
    chosen.value = undefined;
    trial.value = undefined;
    captureProblem.value = undefined;
  });
}

/** The same binding as it is stored now: the messages stay. */
export function renew(document_: Document | undefined, tag: string): void {
  const first = document_ ? printBinding(document_) : (recall(DRAFT) ?? '');
  batch(() => {
    text.value = first;
    saved.value = document_ ? first : '';
    given.value++;
    etag.value = tag;
    elsewhere.value = undefined;
  });
}

/** It was read again: what nobody changed here follows, what somebody did stays. */
export function follow(document_: Document, tag: string): void {
  if (tag === etag.peek()) return;
  if (changed.peek()) elsewhere.value = { document: document_, tag };
  else renew(document_, tag);
}

/** `sent` is stored; what was typed meanwhile is a change of it. */
export function stored(sent: string, tag: string): void {
  batch(() => ((saved.value = sent), (etag.value = tag), (elsewhere.value = undefined)));
}

export function write(next: string): void {
  text.value = next;
  if (etag.peek() === '') remember(DRAFT, next.trim() ? next : undefined);
}

/** From the form: printed, and given to the editor. */
export function writeDocument(next: Document): void {
  write(printBinding(next));
  given.value++;
}

export const forgetDraft = (): void => remember(DRAFT, undefined);

// ---- messages ----

export function hear(one: Heard): void {
  topics.value = withHeard(topics.peek(), one);
}

/** Ids of tokens of listening, and when each was last in use: what a browser that was killed left is deleted later. */
const TOKENS = 'pollux.listening';
const UNUSED_MS = 60_000;

function tokens(): Record<string, number> {
  const kept = jsonOf(recall(TOKENS) ?? '{}');
  return isRecord(kept) ? Object.fromEntries(Object.entries(kept).filter((e): e is [string, number] => typeof e[1] === 'number')) : {};
}
const keepTokens = (of: Record<string, number>) => remember(TOKENS, Object.keys(of).length > 0 ? JSON.stringify(of) : undefined);
const using = (id: string) => keepTokens({ ...tokens(), [id]: Date.now() });
function done(id: string): void {
  const { [id]: _, ...rest } = tokens();
  keepTokens(rest);
}
function deleteUnused(): void {
  for (const [id, at] of Object.entries(tokens())) if (Date.now() - at > UNUSED_MS) void deleteToken(id, done);
}

export function listen(filter: string): void {
  void stopListening();
  deleteUnused();
  captureProblem.value = undefined;
  capture.value = 'opening';
  listener = new Capture(filter, {
    using, done,
    opened: () => (capture.value = 'on'),
    message: (message) => take(message),
    lost: (problem) => batch(() => ((capture.value = 'off'), (captureProblem.value = problem))),
  });
}

export async function stopListening(): Promise<void> {
  const ended = listener?.close();
  listener = undefined;
  capture.value = 'off';
  await ended;
}
beforeSignOut.add(stopListening);

function take({ topic, payload }: Message): void {
  if (KNOWN.has(topic.split('/')[0]!)) return;
  hear({ topic, at: Date.now(), ...bodyOf(payload) });
}

function bodyOf(payload: Uint8Array): { payload: string } | { base64: string; bytes: number } {
  try {
    return { payload: new TextDecoder('utf-8', { fatal: true }).decode(payload) };
  } catch {
    let binary = '';
    for (let at = 0; at < payload.length; at += BASE64_CHUNK) binary += String.fromCharCode(...payload.subarray(at, at + BASE64_CHUNK));
    return { base64: btoa(binary), bytes: payload.length };
  }
}

/** The page is left: nothing goes on for it. */
export function leave(): void {
  void stopListening();
  clearTimeout(timer);
  timer = 0;
  endTrial();
}

// ---- the trial ----

let timer = 0;
let current: AbortController | undefined;

/** A moment after the last change of text or messages; while messages stream in, no oftener than that. */
export function tryLater(): void {
  if (timer) return;
  timer = window.setTimeout(() => {
    timer = 0;
    void tryNow();
  }, PAUSE_MS);
}

async function tryNow(): Promise<void> {
  const doc = draft.peek();
  const of = newestThatFit(messages.peek());
  endTrial();
  if (!doc || of.length === 0) return void (trial.value = undefined);
  const mine = (current = new AbortController());
  trying.value = true;
  const answer = await tryBinding(doc, of.map(({ topic, payload, base64 }) => ({ topic, ...(base64 ? { base64 } : { payload: payload ?? '' }) })), mine.signal);
  if (current !== mine) return;
  trying.value = false;
  trial.value = answer.ok ? { of, answer: answer.value } : { of, problem: answer.error };
}

/** What is still under way is of another text, of other messages or of another binding: its answer is not wanted. */
function endTrial(): void {
  current?.abort();
  current = undefined;
  trying.value = false;
}

/** What the last message became; while it is older than the text it is still the last that is known. */
export const last = computed(() => {
  const tried = trial.value?.answer?.messages;
  return tried?.[tried.length - 1];
});
export const fields = computed(() => fieldsOf(draft.value));
/** The model of twins that the binding makes where they are missing; '' when it makes none. */
export const createdModel = computed<string>(() => {
  const create = draft.value?.['create'];
  return isRecord(create) && typeof create['model'] === 'string' ? create['model'] : '';
});
