// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { bindDevice, type Device, type DeviceState, setDeviceState } from '../../api/devices.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { Ask } from '../../ui/ask.tsx';
import { TextLine } from '../../ui/form.tsx';

type Step = 'disable' | 'retire' | 'bind';

/** What may become of a device; what ends connections is asked first, with their number. */
export function Life({ device, changed }: { device: Device; changed: () => void }) {
  const w = words.value;
  const step = useSignal<Step | undefined>(undefined);
  const close = () => (step.value = undefined);
  const { id, state, connections } = device;
  const why = mayWrite.value ? {} : { disabled: true, title: w.readerOnly };
  if (state === 'retired') return null;

  const become = async (next: DeviceState) => {
    const answer = await setDeviceState(id, next);
    close();
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    say({ text: w.deviceIs(id, w.deviceStates[answer.value.state] ?? answer.value.state), problem: false });
    changed();
  };
  return (
    <div class="twin-actions">
      <Button label={`${w.rebind} …`} {...why} onClick={() => void (step.value = 'bind')} />
      {state === 'disabled'
        ? <Button label={w.enable} {...why} onClick={() => become('registered')} />
        : <Button label={`${w.disable} …`} {...why} onClick={() => void (step.value = 'disable')} />}
      <Button label={`${w.retire} …`} {...why} onClick={() => void (step.value = 'retire')} />
      {step.value === 'disable' && <Ask title={w.disableTitle(id)} lead={w.disableLead(connections)} verb={w.disable} run={() => become('disabled')} close={close} />}
      {step.value === 'retire' && <Ask title={w.retireTitle(id)} lead={w.retireLead(connections)} verb={w.retire} run={() => become('retired')} close={close} />}
      {step.value === 'bind' && <Bind device={device} close={close} changed={changed} />}
    </div>
  );
}

function Bind({ device, close, changed }: { device: Device; close: () => void; changed: () => void }) {
  const w = words.value;
  const text = useSignal(device.twins.join(', '));
  const send = async () => {
    const twins = [...new Set(text.value.split(',').map((id) => id.trim()).filter(Boolean))];
    const answer = await bindDevice(device, twins);
    close();
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    say({ text: w.rebound(device.id, twins.length), problem: false });
    changed();
  };
  return (
    <Ask title={w.rebindTitle(device.id)} verb={w.save} run={send} close={close}>
      <TextLine id="twins-of-device" label={w.twinsOfDevice} help={w.rebindHelp} mono autofocus value={text.value} onInput={(v) => (text.value = v)} />
    </Ask>
  );
}
