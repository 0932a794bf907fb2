// SPDX-License-Identifier: Apache-2.0
import type { Result } from '../lib/result.ts';
import { azure, get } from './http.ts';

interface Answer {
  id: string;
  model?: unknown;
}

/** The DTDL document of one interface, as it was uploaded. */
export async function readModel(id: string): Promise<Result<unknown>> {
  const answer = await get<Answer>(azure(`/models/${encodeURIComponent(id)}?includeModelDefinition=true`));
  return answer.ok ? { ok: true, value: answer.value.model } : answer;
}
