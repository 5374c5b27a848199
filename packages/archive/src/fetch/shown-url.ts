/** An address without what may be a secret: signed blob storage addresses carry their signature in the query. */
export function shownUrl(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
