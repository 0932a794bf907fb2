// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'preact/hooks';
import type { Change } from '../lib/twin.ts';
import { onChange, onOpen } from './link.ts';

/** Reads again a moment after a change that matters, many of them at once, and when a stream has opened: what changed
 *  between the first reading and that was told to nobody. */
export function useAgain(key: string, pauseMs: number, reload: () => void, matters: (change: Change) => boolean): void {
  const latest = useRef({ reload, matters });
  latest.current = { reload, matters };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => void (timer ??= setTimeout(() => ((timer = undefined), latest.current.reload()), pauseMs));
    const stops = [onChange((change) => latest.current.matters(change) && soon()), onOpen(soon)];
    return () => (stops.forEach((stop) => stop()), clearTimeout(timer));
  }, [key]);
}
