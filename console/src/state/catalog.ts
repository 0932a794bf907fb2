// SPDX-License-Identifier: Apache-2.0
// All models of the tenant at once: for the tree, for what uses what, and for completion.
import { type ReadonlySignal, signal } from '@preact/signals';
import { listModels, type ModelRow } from '../api/models.ts';
import { listTwins } from '../api/twins.ts';
import { families, type Families, shortName, versionOf, withHeirs } from '../lib/families.ts';
import { words as localized } from '../lib/contents.ts';
import { isRecord, ok } from '../lib/result.ts';
import { said } from './language.ts';
import { forgetModels } from './models.ts';
import { type Resource, useResource } from './resource.ts';

export interface Catalog {
  rows: ReadonlyMap<string, ModelRow>;
  documents: ReadonlyMap<string, unknown>;
  families: Families;
}

const round = signal(0);

/** What is known of the models has changed: read them again. */
export function modelsChanged(): void {
  forgetModels();
  round.value++;
}

export function useCatalog(): Resource<Catalog> {
  void round.value;
  return useResource<Catalog>(`models ${round.value}`, async (stop) => {
    const answer = await listModels(stop);
    if (!answer.ok) return answer;
    const rows = new Map(answer.value.map((row) => [row.id, row]));
    const documents = new Map(answer.value.map((row) => [row.id, row.model]));
    return ok({ rows, documents, families: families(documents) });
  });
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
export function labelOf(id: string, documents: ReadonlyMap<string, unknown>): string {
  const stem = id.replace(/;.*$/, ';');
  const several = [...documents.keys()].filter((other) => other.startsWith(stem)).length > 1;
  return several ? `${shortName(id)} ;${versionOf(id)}` : shortName(id);
}
