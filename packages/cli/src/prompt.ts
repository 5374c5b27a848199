/** Questions to whoever sits at the terminal. */
import { Interrupted } from './exit.ts';

const END = ['\r', '\n', '\u0004'];
const INTERRUPT = '\u0003';
const ERASE = ['\b', '\u007f'];

/** Asks for a line. `hidden`: what is typed isn't shown, which takes a terminal. */
export async function ask(question: string, hidden = false): Promise<string> {
  const { stdin, stdout } = process;
  if (hidden && !stdin.isTTY) throw new Error('reading password: inappropriate ioctl for device');
  stdout.write(question);
  if (!hidden) return readLine();
  stdin.setRawMode(true);
  try {
    return await readKeys();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write('\n');
  }
}

/** Everything that is piped in, its lines put together. */
export async function readPiped(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text.replace(/\r?\n/g, '');
}

async function readLine(): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}

function readKeys(): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    let typed = '';
    const stop = () => stdin.off('data', onData);
    const onData = (data: Buffer) => {
      for (const key of data.toString()) {
        if (END.includes(key)) {
          stop();
          resolve(typed);
          return;
        }
        if (key === INTERRUPT) {
          stop();
          reject(new Interrupted('SIGINT'));
          return;
        }
        typed = ERASE.includes(key) ? typed.slice(0, -1) : typed + key;
      }
    };
    stdin.on('data', onData).resume();
  });
}
