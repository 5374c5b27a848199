/** Content descriptors (OCI image-spec descriptor.md). */
import { createHash } from 'node:crypto';
import { isDigest } from '@lighter/spec/digest';
import { all, type Check, child, integer, isObject, listOf, mapOf, object, text } from './shapes.ts';

/** RFC 6838, section 4.2: type and subtype, without parameters. */
export const mediaType = text(
  'a media type',
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/,
);

export const digest = text('a digest of a known algorithm', isDigest);

export const annotations = mapOf(text('a text'), text('a key', /./s));

export const platform = object(
  { architecture: text('an architecture', /./), os: text('an operating system', /./) },
  { variant: text('a variant'), 'os.version': text('a version'), 'os.features': listOf(text('a feature')) },
);

const dataMatches: Check = (value, place, faults) => {
  if (!isObject(value) || typeof value['data'] !== 'string') return;
  const bytes = Buffer.from(value['data'], 'base64');
  if (bytes.toString('base64') !== value['data'])
    faults.push({ place: child(place, 'data'), message: 'is not base64 (RFC 4648, section 4)' });
  else if (bytes.length !== value['size'])
    faults.push({ place: child(place, 'data'), message: `holds ${bytes.length} bytes, not ${value['size']}` });
  else if (typeof value['digest'] === 'string' && isDigest(value['digest'])) {
    const [algorithm = '', hex] = value['digest'].split(':');
    if (createHash(algorithm).update(bytes).digest('hex') !== hex)
      faults.push({ place: child(place, 'data'), message: 'does not have the digest' });
  }
};

export const descriptor = all(
  object(
    { mediaType, digest, size: integer(0) },
    {
      urls: listOf(text('a URI (RFC 3986)', URL.canParse)),
      annotations,
      artifactType: mediaType,
      data: text('base64'),
      platform,
    },
  ),
  dataMatches,
);
