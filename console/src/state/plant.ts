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
  twins: TwinRow[];
  more: boolean;
}

const PACK = 'dtmi:pollux:manufacturing:';
const isA = (row: TwinRow | undefined, model: string) => row?.model.startsWith(`${PACK}${model};`) ?? false;
const LINES_MAX = 8;
const DEPTH_MAX = 4;

export async function readPlant(signal: AbortSignal): Promise<Result<Plant>> {
  const listing = await listTwins(undefined, signal);
  if (!listing.ok) return listing;
  const rows = new Map(listing.value.items.map((row) => [row.id, row]));
  const lines: Line[] = [];
  for (const row of listing.value.items.filter((r) => isA(r, 'Line')).slice(0, LINES_MAX)) {
    const line = await readLine(row.id, rows, signal);
    if (!line.ok) return line;
    lines.push(line.value);
  }
  return ok({ lines, twins: listing.value.items, more: listing.value.more });
}

async function readLine(id: string, rows: ReadonlyMap<string, TwinRow>, signal: AbortSignal): Promise<Result<Line>> {
  const parts = await outgoing(id, signal);
  if (!parts.ok) return parts;
  const members = parts.value.filter((r) => r.name === 'contains').map((r) => r.other);
  const units = members.filter((m) => !isA(rows.get(m), 'Buffer'));
  const buffers = new Set(members.filter((m) => isA(rows.get(m), 'Buffer')));
  const feeds: [string, string][] = [];
  const wanted = [...members];
  for (let i = 0; i < wanted.length; i++) {
    const relations = await outgoing(wanted[i]!, signal);
    if (!relations.ok) return relations;
    for (const { name, other } of relations.value) {
      if (name !== 'feeds') continue;
      feeds.push([wanted[i]!, other]);
      // A buffer need not be contained in the line: being fed by a unit is enough.
      if (isA(rows.get(other), 'Buffer') && !wanted.includes(other)) wanted.push(other), buffers.add(other);
    }
  }
  const places = await placesOf(id, signal);
  return places.ok ? ok({ id, places: places.value, stations: orderLine(units, buffers, feeds) }) : places;
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
