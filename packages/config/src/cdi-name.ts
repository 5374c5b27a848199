/** Names of devices that vendors describe (Container Device Interface, specification 0.8). */

/** `vendor.com/class=name`. */
export function isCdiDevice(text: string): boolean {
  return /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w-]*=[\w.:-]+$/.test(text);
}
