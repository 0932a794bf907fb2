// SPDX-License-Identifier: Apache-2.0
// All models of the tenant at once: for the tree, for what uses what, and for completion.
import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { listModels, type ModelRow } from '../api/models.ts';
import { listTwins } from '../api/twins.ts';
import { families, type Families, shortName, stemOf, versionOf, withHeirs } from '../lib/families.ts';
import { localized } from '../lib/contents.ts';
import { isRecord, ok } from '../lib/result.ts';
import { said } from './language.ts';
import { forgetModels } from './models.ts';
import { type Resource, useResource } from './resource.ts';

export interface Catalog {
  rows: ReadonlyMap<string, ModelRow>;
  documents: ReadonlyMap<string, unknown>;
  families: Families;
  /** How many versions there are of what stands before the `;`. */
  versions: ReadonlyMap<string, number>;
}

const round = signal(0);

/** What is known of the models has changed: read them again. */
export function modelsChanged(): void {
  forgetModels();
  round.value++;
}

export function useCatalog(): Resource<Catalog> {
  const found = useResource<Catalog>('models', async (stop) => {
    const answer = await listModels(stop);
    if (!answer.ok) return answer;
    const rows = new Map(answer.value.map((row) => [row.id, row]));
    const documents = new Map(answer.value.map((row) => [row.id, row.model]));
    const versions = new Map<string, number>();
    for (const id of rows.keys()) versions.set(stemOf(id), (versions.get(stemOf(id)) ?? 0) + 1);
    return ok({ rows, documents, families: families(documents), versions });
  });
  const first = useRef(round.value);
  useEffect(() => {
    if (round.value === first.current) return;
    first.current = round.value;
    found.reload();
  }, [round.value]);
  return found;
}

/** Twins per model, its own only, of the first 10,000 twins. */
export interface TwinCounts {
  of: ReadonlyMap<string, number>;
  more: boolean;
}
export function useTwinCounts(): ReadonlySignal<{ data?: TwinCounts }> {
  return useResource<TwinCounts>('twin counts', async (stop) => {
    const answer = await listTwins(undefined, stop);
    if (!answer.ok) return answer;
    const of = new Map<string, number>();
    for (const { model } of answer.value.items) of.set(model, (of.get(model) ?? 0) + 1);
    return ok({ of, more: answer.value.more });
  }).state;
}

export const countWithHeirs = (id: string, all: Families, counts: TwinCounts): number =>
  withHeirs(id, all).reduce((sum, one) => sum + (counts.of.get(one) ?? 0), 0);

/** A model's name in the reader's language. */
export function titleOf(id: string, documents: ReadonlyMap<string, unknown>): string {
  const document = documents.get(id);
  return (isRecord(document) ? said(localized(document['displayName'])) : undefined) ?? shortName(id);
}

/** The version is said where there are several. */
export const labelOf = (id: string, { versions }: Catalog): string =>
  (versions.get(stemOf(id)) ?? 0) > 1 ? `${shortName(id)} ;${versionOf(id)}` : shortName(id);
