// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { Failed, Loading } from '../ui/states.tsx';

/** A view that is fetched when it is looked at for the first time; when that fails it says so. Another
 *  try reloads the page, because a browser may remember that a script could not be had. */
export function late<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  const loaded = signal<{ View?: ComponentType<P>; failed?: boolean }>({});
  let asked = false;
  const fetchIt = () => {
    asked = true;
    load().then((View) => (loaded.value = { View }), () => (loaded.value = { failed: true }));
  };
  return (props: P) => {
    if (!asked) queueMicrotask(() => asked || fetchIt());
    const { View, failed } = loaded.value;
    if (View) return <View {...props} />;
    return <div class="page">{failed ? <Failed problem={{ status: 0, code: 'unreachable', title: '', detail: '' }} retry={() => location.reload()} /> : <Loading rows={10} />}</div>;
  };
}
