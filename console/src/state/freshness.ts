// SPDX-License-Identifier: Apache-2.0
// How fresh a twin is, where the server says so; a server that does not know is not asked again.
import { useEffect } from 'preact/hooks';
import { readFreshness, type TwinFreshness } from '../api/freshness.ts';
import { onChange } from './link.ts';
import { useEvery, useResource } from './resource.ts';

const EVERY_MS = 10_000;
let known = true;

export function useFreshness(twin: string): TwinFreshness | undefined {
  const { state, reload } = useResource(known ? `freshness ${twin}` : undefined, async (stop) => {
    const answer = await readFreshness(twin, stop);
    if (!answer.ok && answer.error.status === 404) known = false;
    return answer;
  });
  useEvery(EVERY_MS, () => known && reload());
  useEffect(() => onChange((change) => void (change.twin === twin && change.freshness && known && reload())), [twin]);
  return state.value.data;
}
