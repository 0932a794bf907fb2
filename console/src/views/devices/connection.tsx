// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { deleteConnection, readConnection, writeConnection } from '../../api/sources.ts';
import { type Document, freshConnection, type Kind, memberAt, type Secrets, textOf, typedNumber, withMember, withSecrets } from '../../lib/connection.ts';
import { useDraft } from '../../state/draft.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { useRefused } from '../../state/refused.ts';
import { readNamed, useResource } from '../../state/resource.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { SelectLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { RemoveThing } from '../remove-thing.tsx';
import { Broker, type FormProps } from './broker.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Modbus } from './modbus.tsx';
import { Theirs } from './theirs.tsx';

const NAME = 'name';

/** A connection, or a new one: where the other side is, how we log in, what is taken of it, and how it goes. */
export function ConnectionPage({ name }: { name: string }) {
  const w = words.value;
  const { state, reload } = useResource(`connection ${name}`, (stop) => readNamed(name, () => readConnection(name, stop)));
  const { data, problem, loading } = state.value;
  const document = data?.body.connection;
  const draft = useDraft(document && { document, etag: data.etag }, name ? undefined : freshConnection('mqtt'));
  const called = useSignal('');
  const secrets = useSignal<Secrets>({});
  const refused = useRefused();
  if (!draft.document) {
    return (
      <div class="page">
        <h1 class="page-title">{name}</h1>
        {problem?.status === 404 ? <Empty text={w.connectionGone(name)} /> : problem && !loading ? <Failed problem={problem} retry={reload} /> : data ? <Empty text={w.documentBroken} /> : <Loading rows={10} />}
      </div>
    );
  }
  const changed = draft.changed || Object.values(secrets.value).some((value) => value !== undefined);

  const store = async (as: string, next: Document, done: string) => {
    const answer = await writeConnection(as, withSecrets(next, secrets.value), draft.etag);
    if (!answer.ok) {
      if (answer.error.status === 412) reload();
      return refused.say(memberAt(answer.error.path), problemText(answer.error));
    }
    secrets.value = {};
    say({ text: done, problem: false });
    if (!name) return go(hrefTo('sources', as), true);
    draft.saved({ document: next, etag: answer.value.etag });
    reload();
  };
  const save = async () => {
    refused.clear();
    const as = name || called.value.trim();
    if (!as || as === NEW) return refused.say(NAME, w.connectionNameMissing);
    if (!textOf(draft.document, 'host').trim()) return refused.say('host', w.hostMissing);
    if (!name && (await readConnection(as)).ok) return refused.say(NAME, w.connectionThere(as));
    return store(as, draft.document!, w.connectionSaved(as));
  };
  const isOff = draft.document['enabled'] === false;
  const turn = () => {
    const next = withMember(draft.document!, 'enabled', isOff ? undefined : false);
    draft.write(next);
    return store(name, next, (isOff ? w.connectionIsOn : w.connectionIsOff)(name));
  };
  const why = mayWrite.value ? {} : { disabled: true, title: w.readerOnly };
  const form: FormProps = { document: draft.document, write: draft.write, wrong: refused.at };
  const kind = textOf(draft.document, 'type') as Kind;
  const known = ['host', 'port', 'retryMax', NAME, ...(kind === 'mqtt' ? ['clientId', 'user', 'password', 'key', 'tls', 'sessionExpiry', 'topics'] : ['unit', 'every', 'timeout', 'gap', 'registers'])];
  return (
    <form class="page" noValidate>
      <div class="twin-head">
        <div class="grow">
          <h1 class="page-title">{name || w.newConnection}</h1>
          <p class="twin-facts dim small">{!name && <span>{w.newConnectionLead}</span>}<span role="status" class="strong-ish">{name && changed ? w.changedNotSaved : ''}</span></p>
        </div>
        <div class="twin-actions">
          {name && <Button label={isOff ? w.switchOn : w.switchOff} disabled={changed || !mayWrite.value} {...(changed ? { title: w.changedNotSaved } : why)} onClick={turn} />}
          {name && <RemoveThing title={w.removeConnectionTitle(name)} lead={w.removeConnectionLead} remove={() => deleteConnection(name)} done={w.connectionRemoved(name)} to={hrefTo('sources')} />}
          <Button submit kind="primary" label={w.save} disabled={(name !== '' && !changed) || !mayWrite.value} {...(mayWrite.value ? {} : { title: w.readerOnly })} onClick={save} />
        </div>
        <Theirs draft={draft} />
      </div>
      {refused.elsewhere(known) && <p class="field-problem" role="alert">{refused.elsewhere(known)}</p>}
      <div class={name ? 'twin-grid' : 'narrow'}>
        <div class="twin-main">
          <Panel title={w.whereItIs}>
            <div class="panel-body stack">
              {!name && <TextLine id="connection-name" label={w.connectionName} help={w.connectionNameHelp} problem={refused.at(NAME)} mono autofocus value={called.value} onInput={(v) => (called.value = v)} placeholder="plant" />}
              {!name && <SelectLine id="connection-type" label={w.connectionType} value={kind} onChange={(v) => draft.write(freshConnection(v as Kind, draft.document))} options={Object.entries(w.connectionTypes).map(([value, label]) => ({ value, label }))} />}
              <Where {...form} kind={kind} />
            </div>
          </Panel>
          {kind === 'modbus' ? <Modbus {...form} /> : (
            <Broker
              {...form} secrets={secrets.value} has={{ password: data?.body.hasPassword === true, key: data?.body.hasKey === true }}
              setSecret={(secret, value) => (secrets.value = { ...secrets.value, [secret]: value })}
            />
          )}
        </div>
        {name && <div class="twin-side"><ConnectionState name={name} kind={kind} /></div>}
      </div>
    </form>
  );
}

function Where({ document, write, wrong, kind }: FormProps & { kind: Kind }) {
  const w = words.value;
  const count = (name: string) => (value: string) => write(withMember(document, name, typedNumber(value)));
  const usual = kind === 'modbus' ? '502' : document['tls'] ? '8883' : '1883';
  return (
    <>
      <TextLine id="connection-host" label={w.host} help={w.hostHelp} problem={wrong('host')} mono value={textOf(document, 'host')} onInput={(host) => write(withMember(document, 'host', host))} placeholder={kind === 'modbus' ? '10.1.2.3' : 'broker.plant'} />
      <div class="field-grid">
        <TextLine id="connection-port" label={w.port} help={w.asDefault(usual)} problem={wrong('port')} value={textOf(document, 'port')} onInput={count('port')} />
        <TextLine id="connection-retry" label={w.retryMax} help={w.asDefault('60')} problem={wrong('retryMax')} value={textOf(document, 'retryMax')} onInput={count('retryMax')} />
      </div>
    </>
  );
}
