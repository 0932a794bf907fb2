// SPDX-License-Identifier: Apache-2.0
import { type Document, hasCertificate, rowsOf, type SecretName, type Secrets, textOf, tlsOf, typedNumber, withMember, withRow, withTls, withTlsMember } from '../../lib/connection.ts';
import { words } from '../../state/language.ts';
import { Button } from '../../ui/button.tsx';
import { AreaLine, SelectLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SecretLine } from './secret.tsx';

export interface FormProps {
  document: Document;
  write: (document: Document) => void;
  /** What is wrong with a member, by its name. */
  wrong: (member: string) => string | undefined;
}
interface Props extends FormProps {
  secrets: Secrets;
  setSecret: (name: SecretName, value: string | null | undefined) => void;
  /** What is stored of secrets. */
  has: Readonly<Record<SecretName, boolean>>;
}

/** How a broker knows us, and which topics are taken of it. */
export function Broker(props: Props) {
  const w = words.value;
  const { document, write, wrong, secrets, setSecret, has } = props;
  const text = (name: string) => (value: string) => write(withMember(document, name, value));
  const count = (name: string) => (value: string) => write(withMember(document, name, typedNumber(value)));
  const secret = (name: SecretName, label: string, long = false) => (
    <SecretLine id={`connection-${name}`} label={label} has={has[name]} value={secrets[name]} onChange={(value) => setSecret(name, value)} problem={wrong(name)} long={long} />
  );
  return (
    <>
      <Panel title={w.howWeLogIn}>
        <div class="panel-body stack">
          <TextLine id="connection-client" label={w.clientId} help={w.clientIdHelp} problem={wrong('clientId')} mono value={textOf(document, 'clientId')} onInput={text('clientId')} placeholder="pollux-1" />
          <TextLine id="connection-user" label={w.user} note={w.optional} problem={wrong('user')} mono value={textOf(document, 'user')} onInput={text('user')} />
          {secret('password', w.password)}
          <Tls {...props} />
          {hasCertificate(document) && secret('key', w.tlsKey, true)}
          <div class="field-grid">
            <SelectLine id="connection-version" label={w.mqttVersion} value={textOf(document, 'version') || '5'} onChange={(value) => write(withMember(document, 'version', value === '5' ? '' : Number(value)))} options={[{ value: '5', label: '5' }, { value: '4', label: '3.1.1' }]} />
            <TextLine id="connection-expiry" label={w.sessionExpiry} help={w.asDefault('604,800')} problem={wrong('sessionExpiry')} value={textOf(document, 'sessionExpiry')} onInput={count('sessionExpiry')} />
          </div>
        </div>
      </Panel>
      <Topics document={document} write={write} wrong={wrong} />
    </>
  );
}

function Tls({ document, write, wrong }: FormProps) {
  const w = words.value;
  const kind = tlsOf(document);
  const tls = document['tls'];
  return (
    <>
      <SelectLine id="connection-tls" label={w.tls} problem={wrong('tls')} value={kind} onChange={(value) => write(withTls(document, value))} options={Object.entries(w.tlsKinds).map(([value, label]) => ({ value, label }))} />
      {kind === 'own' && <AreaLine id="connection-ca" label={w.tlsAuthorities} rows={4} value={textOf(tls, 'ca')} onInput={(value) => write(withTlsMember(document, 'ca', value))} />}
      {kind !== 'off' && <AreaLine id="connection-certificate" label={w.tlsCertificate} note={w.optional} rows={4} value={textOf(tls, 'certificate')} onInput={(value) => write(withTlsMember(document, 'certificate', value))} />}
    </>
  );
}

function Topics({ document, write, wrong }: FormProps) {
  const w = words.value;
  const rows = rowsOf(document, 'topics');
  return (
    <Panel title={w.topicsTaken}>
      <div class="panel-body stack">
        {rows.length === 0 && <p class="dim">{w.noTopics}</p>}
        {rows.map((row, i) => {
          const set = (next: Document) => write(withRow(document, 'topics', i, next));
          const filter = textOf(row, 'filter');
          return (
            <div key={i} class="topic-row">
              <TextLine id={`topic-${i}`} label={w.topicFilterOf(i + 1)} mono value={filter} onInput={(value) => set({ ...row, filter: value })} placeholder="plant/#" />
              <SelectLine id={`topic-${i}-qos`} label={w.qosOf(i + 1)} value={textOf(row, 'qos') || '1'} onChange={(value) => set({ ...row, qos: Number(value) })} options={['1', '0'].map((value) => ({ value, label: w.qosKinds[value]! }))} />
              <Button kind="icon" icon="close" label={w.dropTopic(filter)} onClick={() => write(withRow(document, 'topics', i, undefined))} />
            </div>
          );
        })}
        {wrong('topics') && <p class="field-problem" role="alert">{wrong('topics')}</p>}
        <p><Button icon="plus" label={w.addTopic} onClick={() => write(withRow(document, 'topics', rows.length, { filter: '', qos: 1 }))} /></p>
      </div>
    </Panel>
  );
}
