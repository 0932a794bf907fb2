// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { addDevice, readDevice } from '../../api/devices.ts';
import { listModels } from '../../api/models.ts';
import { listTwins } from '../../api/twins.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { problemText } from '../../state/problem.ts';
import { useRefused } from '../../state/refused.ts';
import { useResource } from '../../state/resource.ts';
import { go, hrefTo } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { SelectLine, TextLine } from '../../ui/form.tsx';
import { freshKey } from './key.tsx';

const TWIN_PAGES = 1;

/** A new device: who it is, for whom it speaks, and the twin itself where that is not there yet. */
export function AddDevice() {
  const w = words.value;
  const id = useSignal('');
  const twin = useSignal('');
  const model = useSignal('');
  const group = useSignal('');
  const refused = useRefused();
  const twins = useResource('twins to choose', (stop) => listTwins(undefined, stop, TWIN_PAGES)).state.value.data;
  const models = useResource('models to choose', (stop) => listModels(stop, false)).state.value.data ?? [];
  const isThere = twins?.items.some((row) => row.id === twin.value) ?? false;
  const usable = models.filter((row) => !row.decommissioned);

  const send = async () => {
    refused.clear();
    const name = id.value.trim();
    if (!name) return refused.say('id', w.deviceIdMissing);
    if ((await readDevice(name)).ok) return refused.say('id', w.deviceThere(name));
    const wanted = twin.value.trim();
    if (wanted && !isThere && !model.value && !twins?.more) return refused.say('twin', w.deviceTwinNone(wanted));
    const made = await addDevice({ id: name, twins: wanted ? [wanted] : [], ...(group.value.trim() ? { group: group.value.trim() } : {}), ...(wanted && model.value && !isThere ? { model: model.value } : {}) });
    if (!made.ok) return refused.say('', problemText(made.error));
    if (made.value.key) freshKey.value = { device: name, key: made.value.key };
    go(hrefTo('devices', name), true);
  };

  return (
    <div class="page narrow">
      <div class="page-head"><h1 class="page-title">{w.newDevice}</h1><p class="dim grow">{w.newDeviceLead}</p></div>
      <form class="panel form" noValidate>
        <TextLine id="device-id" label={w.deviceId} help={w.deviceIdHelp} problem={refused.at('id')} mono autofocus value={id.value} onInput={(v) => (id.value = v)} placeholder="pk02-gw" />
        <TextLine
          id="device-twin" label={w.deviceTwin} note={w.optional} help={isThere ? w.twinThere : w.deviceTwinHelp} problem={refused.at('twin')} mono
          value={twin.value} onInput={(v) => (twin.value = v)} choices={(twins?.items ?? []).map((row) => row.id)}
        />
        <SelectLine
          id="device-model" label={w.twinModel} note={w.optional} value={isThere ? '' : model.value} disabled={isThere || twin.value.trim() === ''} onChange={(v) => (model.value = v)}
          options={[{ value: '', label: w.noModel }, ...usable.map((row) => ({ value: row.id, label: `${modelName(row.id)} · ${row.id}` }))]}
        />
        <TextLine id="device-group" label={w.group} note={w.optional} help={w.groupHelp} value={group.value} onInput={(v) => (group.value = v)} />
        {refused.at('') && <p class="field-problem" role="alert">{refused.at('')}</p>}
        <p class="form-foot">
          <Button label={w.cancel} onClick={() => go(hrefTo('devices'))} />
          <Button submit kind="primary" label={w.addDevice} disabled={!mayWrite.value} {...(mayWrite.value ? {} : { title: w.readerOnly })} onClick={send} />
        </p>
      </form>
    </div>
  );
}
