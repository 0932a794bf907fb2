// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { publishLine, samplePayload } from '../../lib/publish.ts';
import { words } from '../../state/language.ts';
import { interfaceOf } from '../../state/models.ts';
import { session } from '../../state/session.ts';
import { twinNow, useTwins } from '../../state/twins.ts';
import { Button } from '../../ui/button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { CommandLine } from '../../ui/states.tsx';

/** A key that was just made. It is nowhere else, and goes when it is put away or the page is left. */
export const freshKey = signal<{ device: string; key: string } | undefined>(undefined);

export function FreshKey({ device, twins }: { device: string; twins: readonly string[] }) {
  const w = words.value;
  const fresh = freshKey.value?.device === device ? freshKey.value : undefined;
  useEffect(() => () => void (freshKey.value = undefined), [device]);
  if (!fresh) return null;
  return (
    <Panel title={w.keyOf(device)} class="key-box">
      <div class="panel-body stack" role="status">
        <p>{w.keyOnce}</p>
        <CommandLine text={fresh.key} />
        {twins[0] !== undefined && <FirstMessage device={device} key_={fresh.key} twin={twins[0]} />}
        <p class="form-foot"><Button label={w.keyDone} onClick={() => void (freshKey.value = undefined)} /></p>
      </div>
    </Panel>
  );
}

function FirstMessage({ device, key_, twin }: { device: string; key_: string; twin: string }) {
  const w = words.value;
  useTwins([twin]);
  const port = session.value?.mqttPort;
  if (!port) return null;
  const payload = samplePayload(interfaceOf(twinNow(twin)?.model)?.fields.values() ?? []);
  return (
    <>
      <p class="dim">{w.keyTry}</p>
      <CommandLine text={publishLine({ host: location.hostname, port, device, key: key_, twin, payload })} />
    </>
  );
}
