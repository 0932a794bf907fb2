// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { decommission, deleteModel } from '../../api/models.ts';
import { nextVersion, shortName } from '../../lib/families.ts';
import { printJson } from '../../lib/json-print.ts';
import { isRecord } from '../../lib/result.ts';
import { type Catalog, modelsChanged } from '../../state/catalog.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { useResource } from '../../state/resource.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { giveDraft } from './upload.ts';
import { countTwins, usersOf } from './used-by.tsx';

export function Actions({ id, catalog }: { id: string; catalog: Catalog }) {
  const w = words.value;
  const asking = useSignal(false);
  const shut = catalog.rows.get(id)?.decommissioned === true;
  return (
    <div class="twin-actions">
      <Button label={w.editVersion} onClick={() => edit(id, catalog)} />
      <Button label={shut ? w.recommission : w.decommission} onClick={() => setShut(id, !shut)} />
      <Button label={`${w.remove} …`} onClick={() => void (asking.value = true)} />
      {asking.value && <Ask id={id} catalog={catalog} close={() => (asking.value = false)} />}
    </div>
  );
}

/** A stored model is never changed; its next version is written from it. */
function edit(id: string, catalog: Catalog): void {
  const document = catalog.documents.get(id);
  if (!isRecord(document)) return;
  giveDraft(printJson({ ...document, '@id': nextVersion(id, (other) => catalog.rows.has(other)) }) + '\n');
  go(hrefTo('models', NEW));
}

async function setShut(id: string, shut: boolean): Promise<void> {
  const w = words.peek();
  const answer = await decommission(id, shut);
  if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
  modelsChanged();
  say({ text: (shut ? w.decommissionDone : w.recommissionDone)(shortName(id)), problem: false, action: { label: w.undo, run: () => void setShut(id, !shut) } });
}

/** What a deletion would do, with numbers, before it is done. */
function Ask({ id, catalog, close }: { id: string; catalog: Catalog; close: () => void }) {
  const w = words.value;
  const twins = useResource(`count ${id}`, (stop) => countTwins(id, stop)).state.value.data;
  const users = usersOf(id, catalog).length;
  const remove = async () => {
    const answer = await deleteModel(id);
    close();
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    modelsChanged();
    say({ text: w.removed(id), problem: false });
    go(hrefTo('models'));
  };
  return (
    <Dialog label={w.removeTitle(id)} onClose={close}>
      <div class="ask">
        <h2 class="strong">{w.removeTitle(id)}</h2>
        {users > 0 && <p>{w.removeHeld(users)}</p>}
        <p class="dim">{twins === undefined ? w.loading : w.removeTwins(twins)}</p>
        <div class="ask-foot">
          <Button label={w.cancel} onClick={close} />
          <Button label={w.removeVerb(shortName(id))} onClick={remove} />
        </div>
      </div>
    </Dialog>
  );
}
