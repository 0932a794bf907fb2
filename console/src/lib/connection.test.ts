// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshConnection, hasCertificate, memberAt, rowsOf, textOf, tlsOf, typedNumber, withMember, withRow, withSecrets, withTls, withTlsMember, withType, withWriter } from './connection.ts';
import { jsonText } from './written.ts';

test('what is empty is left out, so that the server has its own default', () => {
  assert.deepEqual(withMember({ host: 'a', port: 1 }, 'port', ''), { host: 'a' });
  assert.deepEqual(withMember({ host: 'a' }, 'port', 8883), { host: 'a', port: 8883 });
  assert.equal(textOf({ port: 8883 }, 'port'), '8883');
  assert.equal(textOf({ tls: {} }, 'tls'), '');
});

test('a number that is none is sent as it was typed: the server says what is wrong with it', () => {
  assert.equal(jsonText([typedNumber(' 21.40 '), typedNumber('-0.1'), typedNumber('99999999999999999')]), '[21.4,-0.1,99999999999999999]');
  assert.deepEqual(['80x', '', '1 2'].map(typedNumber), ['80x', '', '1 2']);
});

test('another kind keeps where it is, and nothing else', () => {
  const modbus = freshConnection('modbus', { type: 'mqtt', host: 'plc', port: 1502, topics: [] });
  assert.deepEqual([modbus['type'], modbus['host'], modbus['port'], 'topics' in modbus], ['modbus', 'plc', 1502, false]);
});

test('rows are changed and taken out, and members that the form does not know stay', () => {
  const document = { future: true, topics: [{ filter: 'a', more: 1 }, { filter: 'b' }] };
  assert.deepEqual(withRow(document, 'topics', 0, { filter: 'c', more: 1 }), { future: true, topics: [{ filter: 'c', more: 1 }, { filter: 'b' }] });
  assert.deepEqual(rowsOf(withRow(document, 'topics', 0, undefined), 'topics'), [{ filter: 'b' }]);
  assert.deepEqual(rowsOf(withRow({}, 'topics', 0, { filter: 'a' }), 'topics'), [{ filter: 'a' }]);
});

test('TLS is none, with the authorities of the machine, or with others', () => {
  assert.deepEqual([tlsOf({}), tlsOf({ tls: true }), tlsOf({ tls: {} }), tlsOf({ tls: { ca: 'PEM' } })], ['off', 'machine', 'machine', 'own']);
  const own = withTlsMember(withTls({}, 'own'), 'ca', 'PEM');
  assert.deepEqual(own, { tls: { ca: 'PEM' } });
  assert.deepEqual(withTls(withTlsMember(own, 'certificate', 'C'), 'machine'), { tls: { certificate: 'C' } });
  assert.deepEqual(withTls(own, 'off'), {});
});

test('a register has what its type has', () => {
  const number = { name: 'a', address: 1, type: 'float32', order: 'CDAB', scale: 0.1 };
  assert.deepEqual(withType(number, 'holding', 'string'), { name: 'a', address: 1, type: 'string', order: 'CDAB' });
  assert.deepEqual(withType({ ...number, write: { twin: 't', property: 'p' } }, 'discrete', 'float32'), { name: 'a', address: 1, table: 'discrete' });
  assert.deepEqual(withType({ name: 'a', type: 'bool', bit: 3 }, 'coil', ''), { name: 'a', table: 'coil' });
  assert.deepEqual(withWriter(withWriter({ name: 'a' }, { twin: 't' }), { property: 'p' }), { name: 'a', write: { twin: 't', property: 'p' } });
  assert.deepEqual(withWriter({ name: 'a', write: { twin: 't', property: '' } }, { twin: '' }), { name: 'a' });
});

test('a secret that nobody typed is not sent, and one that is to go is null', () => {
  assert.deepEqual(withSecrets({ user: 'u' }, {}), { user: 'u' });
  assert.deepEqual(withSecrets({ user: 'u' }, { password: '', key: null }), { user: 'u', key: null });
  assert.deepEqual(withSecrets({ user: 'u' }, { password: 's' }), { user: 'u', password: 's' });
});

test('a key goes with its certificate, and is not sent without one', () => {
  const shown = { tls: { ca: 'PEM', certificate: 'C' } };
  assert.deepEqual(withSecrets(shown, { key: 'K' }), { ...shown, key: 'K' });
  assert.deepEqual(withSecrets({ tls: { ca: 'PEM' } }, { key: 'K' }), { tls: { ca: 'PEM' } });
  assert.deepEqual(withSecrets(withTls(shown, 'off'), { key: 'K', password: 's' }), { password: 's' });
  assert.deepEqual([hasCertificate(shown), hasCertificate({ tls: true }), hasCertificate({})], [true, false, false]);
});

test('a place is found in the form', () => {
  assert.deepEqual([memberAt('/registers/2/address'), memberAt('/host'), memberAt(''), memberAt(undefined)], ['registers', 'host', '', '']);
});
