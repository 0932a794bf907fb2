// SPDX-License-Identifier: Apache-2.0
import { type Remark, remarksIn } from '../lib/remark.ts';
import { isRecord, ok, type Result } from '../lib/result.ts';
import { azure, get, local, request, sendText } from './http.ts';

export interface ModelRow {
  id: string;
  decommissioned: boolean;
  uploadTime: string;
  /** The DTDL document; not read where only names are asked for. */
  model?: unknown;
}
interface Page {
  value: ModelRow[];
  nextLink?: string | null;
}

const PAGES_MAX = 50;
const path = (id: string) => azure(`/models/${encodeURIComponent(id)}`);

/** The DTDL document of one interface, as it was uploaded. */
export async function readModel(id: string): Promise<Result<unknown>> {
  const answer = await get<ModelRow>(`${path(id)}&includeModelDefinition=true`);
  return answer.ok ? ok(answer.value.model) : answer;
}

/** All models of the tenant, with their documents unless only names are wanted. */
export async function listModels(signal?: AbortSignal, documents = true): Promise<Result<ModelRow[]>> {
  const out: ModelRow[] = [];
  let next: string | null = azure(documents ? '/models?includeModelDefinition=true' : '/models');
  for (let page = 0; next && page < PAGES_MAX; page++) {
    const answer: Result<Page> = await get<Page>(next, signal);
    if (!answer.ok) return answer;
    out.push(...answer.value.value);
    next = answer.value.nextLink ? local(answer.value.nextLink) : null;
  }
  return ok(out);
}

/** The ids that were stored. The text goes as it is, so that lines in an answer are its lines. */
export const uploadModels = (text: string) => sendText<ModelRow[]>(azure('/models'), text);

/** What an upload would be refused for; stores nothing. */
export async function validateModels(text: string, signal?: AbortSignal): Promise<Result<Remark[]>> {
  const answer = await sendText<unknown>('/api/v1/models/validate', text, signal);
  return answer.ok ? ok(remarksIn(isRecord(answer.value) ? answer.value['errors'] : [])) : answer;
}

export const decommission = (id: string, value: boolean) =>
  request<void>('PATCH', path(id), [{ op: 'replace', path: '/decommissioned', value }]);
export const deleteModel = (id: string) => request<void>('DELETE', path(id));
