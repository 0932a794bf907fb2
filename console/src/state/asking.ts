// SPDX-License-Identifier: Apache-2.0
// One query as it is asked: running, its rows so far, what it cost, and its plan.
import { signal } from '@preact/signals';
import { type QueryPage, runQuery } from '../api/query.ts';
import type { Problem, Result } from '../lib/result.ts';
import { serverNow } from './clock.ts';
import { recall, remember } from './memory.ts';
import { endSession } from './session.ts';

export interface Answer {
  text: string;
  rows: unknown[];
  token: string | null;
  /** Each page is a state of its own moment. */
  pages: number;
  /** When the first page was read, by the server's clock, how long it took here, and what all cost. */
  at: number;
  ms: number;
  charge: number | undefined;
}
export interface Asking {
  running: boolean;
  answer?: Answer;
  problem?: Problem;
  /** The text that `problem` is about. */
  failed?: string;
  stopped?: boolean;
}

const PAGE = 200;
const EXPORT_PAGE = 1000;
export const EXPORT_ROWS_MAX = 20_000;

export const asking = signal<Asking>({ running: false });
/** Rows of EXPLAIN; undefined while it is not known, null where the server tells none. */
export const plan = signal<readonly unknown[] | null | undefined>(undefined);
let current: AbortController | undefined;

export function stop(): void {
  current?.abort();
}

export async function ask(text: string): Promise<void> {
  current?.abort();
  const mine = (current = new AbortController());
  asking.value = { running: true, ...(asking.peek().answer ? { answer: asking.peek().answer! } : {}) };
  plan.value = undefined;
  const began = performance.now();
  const page = await runQuery(text, null, PAGE, mine.signal);
  if (current !== mine) return;
  const ms = performance.now() - began;
  if (!settle(page, text)) return;
  asking.value = { running: false, answer: { text, rows: page.value.value, token: page.value.continuationToken, pages: 1, at: serverNow(), ms, charge: page.value.charge } };
  keep(text, page.value.value.length);
  void explain(text, mine);
}

/** False: it went wrong, or was stopped, and that is what shows now. */
function settle(page: Result<QueryPage>, text: string): page is { ok: true; value: QueryPage } {
  if (page.ok) return true;
  if (page.error.status === 401) endSession();
  const { answer } = asking.peek();
  const kept = answer ? { answer } : {};
  asking.value = page.error.code === 'aborted' ? { running: false, stopped: true, ...kept } : { running: false, problem: page.error, failed: text, ...kept };
  return false;
}

/** The next page below the rows that are there. */
export async function more(): Promise<void> {
  const { answer } = asking.peek();
  if (!answer?.token || asking.peek().running) return;
  const mine = (current = new AbortController());
  asking.value = { running: true, answer };
  const page = await runQuery(answer.text, answer.token, PAGE, mine.signal);
  if (current !== mine || !settle(page, answer.text)) return;
  const charge = answer.charge === undefined || page.value.charge === undefined ? undefined : answer.charge + page.value.charge;
  asking.value = { running: false, answer: { ...answer, rows: [...answer.rows, ...page.value.value], token: page.value.continuationToken, pages: answer.pages + 1, charge } };
}

/** A server that does not know EXPLAIN says so once, and is not asked again. */
let knowsPlans = true;

async function explain(text: string, mine: AbortController): Promise<void> {
  if (!knowsPlans || /^\s*explain\b/i.test(text)) {
    plan.value = null;
    return;
  }
  const page = await runQuery(`EXPLAIN ${text}`, null, 100, mine.signal);
  if (current !== mine) return;
  if (!page.ok && (page.error.rule === 'query.parse' || page.error.rule === 'query.unsupported')) knowsPlans = false;
  plan.value = page.ok ? page.value.value : null;
}

/** All rows of the answer, read on from where the page stands, up to the most that a file gets. */
export async function allRows(answer: Answer): Promise<Result<unknown[]>> {
  const rows = [...answer.rows];
  let { token } = answer;
  while (token && rows.length < EXPORT_ROWS_MAX) {
    const page = await runQuery(answer.text, token, EXPORT_PAGE);
    if (!page.ok) return page;
    rows.push(...page.value.value);
    token = page.value.continuationToken;
  }
  return { ok: true, value: rows.slice(0, EXPORT_ROWS_MAX) };
}

/** What ran lately, in this browser: a convenience, never the only place of anything. */
export interface Recent {
  text: string;
  at: number;
  rows: number;
}
const KEY = 'pollux.queries';
const KEPT_MAX = 12;
const TEXT_MAX = 4000;

export const recent = signal<readonly Recent[]>(read());

function read(): Recent[] {
  try {
    const kept: unknown = JSON.parse(recall(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((r): r is Recent => typeof r?.text === 'string' && typeof r.at === 'number' && typeof r.rows === 'number') : [];
  } catch {
    return [];
  }
}

function keep(text: string, rows: number): void {
  if (text.length > TEXT_MAX) return;
  recent.value = [{ text, at: Date.now(), rows }, ...recent.peek().filter((r) => r.text !== text)].slice(0, KEPT_MAX);
  remember(KEY, JSON.stringify(recent.value));
}

export function clearRecent(): void {
  recent.value = [];
  remember(KEY, undefined);
}
