// SPDX-License-Identifier: Apache-2.0
// What the server says about a place in a text, and where that is. Its columns count bytes of UTF-8,
// ours count UTF-16 units.
import { isRecord, type Problem } from './result.ts';

export interface Remark {
  line: number;
  column: number;
  /** The stable id of the rule. */
  code: string;
  message: string;
}

/** The place in the text, and the end of the word or the string that stands there. */
export function rangeOf(text: string, line: number, column: number): { from: number; to: number } {
  const start = lineStart(text, line);
  const end = text.indexOf('\n', start) < 0 ? text.length : text.indexOf('\n', start);
  let from = start;
  for (let bytes = column - 1; bytes > 0 && from < end; ) {
    const point = text.codePointAt(from)!;
    bytes -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    from += point > 0xffff ? 2 : 1;
  }
  const word = /^(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[\w$.]+|.)/u.exec(text.slice(from, end));
  return { from, to: from + (word ? word[0].length : 0) };
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf('\n', at);
    if (next < 0) break;
    at = next + 1;
  }
  return at;
}

/** The word that the server would put there instead: did you mean 'double'? did you mean FROM? */
export function cureOf(message: string): string | undefined {
  const found = /did you mean (?:'([^']+)'|([A-Z_]+))\?/.exec(message);
  return found?.[1] ?? found?.[2];
}

/** The sentence without what stands beside it anyhow: the place, and the line with its caret. */
export const sentenceOf = (message: string): string => message.split('\n')[0]!.replace(/^SQL query parse failed: (?:line \d+, column \d+: )?/, '');

/** Remarks of a refusal: those with a place. */
export function remarksOf(problem: Problem | undefined): Remark[] {
  const { line, column, rule, code, detail } = problem ?? {};
  return problem && line ? [{ line, column: column ?? 1, code: rule ?? code ?? '', message: detail ?? '' }] : [];
}

/** Remarks of a dry run; one without a place stands at the beginning. */
export function remarksIn(errors: unknown): Remark[] {
  return (Array.isArray(errors) ? errors : []).filter(isRecord).map((error) => ({
    line: Number(error['line'] ?? 1), column: Number(error['column'] ?? 1),
    code: String(error['code'] ?? ''), message: String(error['message'] ?? ''),
  }));
}
