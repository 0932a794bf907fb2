// SPDX-License-Identifier: Apache-2.0
// The production lines as they are modelled: which units stand where, what feeds what, and where the
// line belongs. Structure is read when the view opens; what happens in it comes live.
import { incoming, outgoing, type Relation } from '../api/graph.ts';
import { listTwins, type TwinRow } from '../api/twins.ts';
import { orderLine, type Station } from '../lib/line.ts';
import { ok, type Result } from '../lib/result.ts';

export interface Line {
  id: string;
  /** From the site down to the line's own place. */
  places: string[];
  stations: Station[];
}
export interface Plant {
  lines: Line[];
  /** What there is, when there is no line. */
  twins: TwinRow[];
}

const PACK = 'dtmi:pollux:manufacturing:';
const LINES_MAX = 8;
const DEPTH_MAX = 4;

/** Lines if there are any, else the first page of whatever there is. */
export async function readPlant(signal: AbortSignal): Promise<Result<Plant>> {
  const [lineRows, bufferRows] = await Promise.all([ofModel('Line', signal), ofModel('Buffer', signal)]);
  if (!lineRows.ok) return lineRows;
  if (!bufferRows.ok) return bufferRows;
  if (lineRows.value.length === 0) {
    const listing = await listTwins(undefined, signal, 1);
    return listing.ok ? ok({ lines: [], twins: listing.value.items }) : listing;
  }
  const allBuffers = new Set(bufferRows.value.map((row) => row.id));
  const lines: Line[] = [];
  for (const row of lineRows.value.slice(0, LINES_MAX)) {
    const line = await readLine(row.id, allBuffers, signal);
    if (!line.ok) return line;
    lines.push(line.value);
  }
  return ok({ lines, twins: lineRows.value });
}

/** A server without the pack may refuse its models: then there are no such twins. */
async function ofModel(name: string, signal: AbortSignal): Promise<Result<TwinRow[]>> {
  const listing = await listTwins(`${PACK}${name};1`, signal);
  if (listing.ok) return ok(listing.value.items);
  return listing.error.status === 400 || listing.error.status === 404 ? ok([]) : listing;
}

async function readLine(id: string, allBuffers: ReadonlySet<string>, signal: AbortSignal): Promise<Result<Line>> {
  const parts = await outgoing(id, signal);
  if (!parts.ok) return parts;
  const members = parts.value.filter((r) => r.name === 'contains').map((r) => r.other);
  const units = members.filter((m) => !allBuffers.has(m));
  const feeds: [string, string][] = [];
  const wanted = [...members];
  for (let i = 0; i < wanted.length; i++) {
    const relations = await outgoing(wanted[i]!, signal);
    if (!relations.ok) return relations;
    for (const { name, other } of relations.value) {
      if (name !== 'feeds') continue;
      feeds.push([wanted[i]!, other]);
      // A buffer need not be contained in the line: being fed by a unit is enough.
      if (allBuffers.has(other) && !wanted.includes(other)) wanted.push(other);
    }
  }
  const places = await placesOf(id, signal);
  return places.ok ? ok({ id, places: places.value, stations: orderLine(units, allBuffers, feeds) }) : places;
}

/** What contains `id`, outermost first. */
export async function placesOf(id: string, signal: AbortSignal): Promise<Result<string[]>> {
  const out: string[] = [];
  for (let at = id, depth = 0; depth < DEPTH_MAX; depth++) {
    const answer: Result<Relation[]> = await incoming(at, signal);
    if (!answer.ok) return answer;
    const parent = answer.value.find((r) => r.name === 'contains')?.other;
    if (!parent || out.includes(parent) || parent === id) break;
    out.unshift(parent);
    at = parent;
  }
  return ok(out);
}
