import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repairAuthority } from './header-block.ts';

/** What grpc-go 1.33 sends for `/runtime.v1.RuntimeService/Version` over the socket `/var/run/crio/crio.sock`. */
const recorded =
  '8386459962cb6a49a92afdc2bedb6a49a92ee2d9dcc42b1c4b620c7abf419163b8ec62cb6a609618ec12c31d741c9d7f5f8b1d75d0620d263d4c4d65647a8b9acac8b4c7602bb2caecff40027465864d833505b11f40899acac8b24d494f6a7f8669f700f85db7';
/** `/var/run/crio/crio.sock` in the code of RFC 7541, appendix B, and the same with dots. */
const codedPath = '63b8ec62cb6a609618ec12c31d741c9d7f';
const codedDots = '5fb8ec5ecb6a5c9618eb92c31d741c9d7f';

function repaired(hex: string): string {
  const block = Buffer.from(hex, 'hex');
  repairAuthority(block);
  return block.toString('hex');
}

test('the coded path of a socket gets dots, and nothing else changes', () => {
  assert.ok(recorded.includes(codedPath));
  assert.equal(repaired(recorded), recorded.replace(codedPath, codedDots));
});

test('plain texts are repaired too, by index and by name, with every kind of literal', () => {
  const value = Buffer.from('/a/b').toString('hex');
  const dots = Buffer.from('.a.b').toString('hex');
  const name = Buffer.from(':authority').toString('hex');
  for (const start of ['41', '01', '11', `400a${name}`, `000a${name}`, `100a${name}`])
    assert.equal(repaired(`${start}04${value}`), `${start}04${dots}`);
});

test('other fields keep their slashes', () => {
  const path = `4404${Buffer.from('/a/b').toString('hex')}`;
  const other = `4003${Buffer.from('foo').toString('hex')}04${Buffer.from('/a/b').toString('hex')}`;
  assert.equal(repaired(path + other), path + other);
});

test('a size update and long integers are stepped over', () => {
  const long = 'x'.repeat(200);
  const field = `3fe11f4003${Buffer.from('foo').toString('hex')}7f49${Buffer.from(long).toString('hex')}`;
  assert.equal(
    repaired(`${field}4102${Buffer.from('/x').toString('hex')}`),
    `${field}4102${Buffer.from('.x').toString('hex')}`,
  );
});

test('a damaged block is left alone and ends', () => {
  for (const hex of ['', '41', '4105', '41052f', '7f', '7fffffffffffff', '40', '4005616263', '41ff', '4185ffffffffff'])
    assert.equal(repaired(hex), hex);
});
