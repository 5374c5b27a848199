/** A client on conmon's attach socket (SOCK_SEQPACKET at `<bundle>/attach`). */
import { closeSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { AttachStream } from '../types.ts';

/** One byte that names the stream, and up to 8192 of data. */
const PACKET_BYTES = 8193;
/** conmon reads client packets into a buffer of this size. */
const STDIN_BYTES = 8192;
const STDOUT = 2;
const STDERR = 3;

/** Connects before the container is started, so that nothing it writes is lost. */
export function attachToConmon(bundle: string): AttachStream {
  const socket = linux.connectSeqpacket(`${bundle}/attach`);
  const closing = new AbortController();
  let reading: Promise<unknown> | undefined;
  let writing: Promise<unknown> | undefined;
  let closed = false;

  return {
    async *read() {
      while (!closed) {
        let packet: Uint8Array | undefined;
        try {
          const next = linux.read(socket, PACKET_BYTES, closing.signal);
          reading = next;
          packet = await next;
        } catch (error) {
          if (closing.signal.aborted) return;
          throw error;
        }
        if (!packet || packet.length === 0) return;
        if (packet[0] !== STDOUT && packet[0] !== STDERR) continue;
        yield { stream: packet[0] === STDOUT ? 'stdout' : 'stderr', data: packet.subarray(1) };
      }
    },
    async write(data, signal) {
      const until = signal ? AbortSignal.any([closing.signal, signal]) : closing.signal;
      for (let offset = 0; offset < data.length; offset += STDIN_BYTES) {
        writing = linux.write(socket, data.subarray(offset, offset + STDIN_BYTES), until);
        await writing;
      }
    },
    closeStdin() {
      linux.shutdownWrite(socket);
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      closing.abort();
      // The descriptor's number may be given to another file as soon as it is closed: first nobody may wait on it.
      await reading?.catch(() => {});
      await writing?.catch(() => {});
      closeSync(socket);
    },
  };
}
