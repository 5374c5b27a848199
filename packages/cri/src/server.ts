/** The gRPC server: each RPC that is built goes to its handler, every other answers UNIMPLEMENTED and says so. */
import { type DescService, isMessage } from '@bufbuild/protobuf';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { type Listener, listen } from './connection/listener.ts';
import type { CriContext, Handler } from './context.ts';
import { ImageService, RuntimeService } from './generated/runtime_pb.ts';
import { imageFsInfo } from './handlers/image-fs-info.ts';
import { imageStatus } from './handlers/image-status.ts';
import { listImages } from './handlers/list-images.ts';
import { runtimeConfig } from './handlers/runtime-config.ts';
import { status as statusOf } from './handlers/status.ts';
import { version } from './handlers/version.ts';
import { RpcError } from './rpc-error.ts';
import { serviceDefinition } from './service-definition.ts';
import { clearSocket, socketPath } from './socket.ts';

export interface ServerOptions {
  /** Unix socket, with or without `unix://`. */
  readonly listen: string;
  /** Largest message in bytes that is received; a longer one ends its call with RESOURCE_EXHAUSTED. */
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  /** Called with every error that isn't the caller's fault. */
  readonly onError?: (rpc: string, error: Error) => void;
}

export interface CriServer extends AsyncDisposable {
  readonly path: string;
}

/** Calls at once on one connection; a kubelet has a few dozen. */
const MAX_CONCURRENT_STREAMS = 512;

const runtimeHandlers: Readonly<Record<string, Handler<never, object>>> = { version, status: statusOf, runtimeConfig };
const imageHandlers: Readonly<Record<string, Handler<never, object>>> = { listImages, imageStatus, imageFsInfo };

/** Starts serving. Disposing the result ends running calls, stops and removes the socket. */
export async function startServer(context: CriContext, options: ServerOptions): Promise<CriServer> {
  const path = socketPath(options.listen);
  await clearSocket(path);
  const server = new Server({
    'grpc.max_receive_message_length': options.maxReceiveBytes,
    'grpc.max_send_message_length': options.maxSendBytes,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
  });
  for (const [service, handlers] of [
    [RuntimeService, runtimeHandlers],
    [ImageService, imageHandlers],
  ] as const) {
    server.addService(serviceDefinition(service), implementation(service, handlers, context, options));
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listen(path, (connection) => injector.injectConnection(connection));
  return { path, [Symbol.asyncDispose]: () => stop(server, listener) };
}

function implementation(
  service: DescService,
  handlers: Readonly<Record<string, Handler<never, object>>>,
  context: CriContext,
  options: ServerOptions,
): Record<string, UntypedHandleCall> {
  return Object.fromEntries(
    service.methods.map((method) => {
      const handler = handlers[method.localName];
      const call = handler
        ? unary(method.name, handler, context, options)
        : missing(method.name, method.methodKind === 'server_streaming');
      return [method.localName, call];
    }),
  );
}

function unary(
  name: string,
  handler: Handler<never, object>,
  context: CriContext,
  options: ServerOptions,
): UntypedHandleCall {
  return async (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) => {
    try {
      const response = await handler(call.request as never, context);
      if (!isMessage(response)) throw new Error(`the handler of ${name} gave no message`);
      answer(null, response);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof RpcError) return answer({ code: error.code, details: message });
      options.onError?.(name, error as Error);
      answer({ code: status.UNKNOWN, details: message });
    }
  };
}

function missing(name: string, stream: boolean): UntypedHandleCall {
  const error = { code: status.UNIMPLEMENTED, details: `${name} isn't built yet` };
  return stream
    ? (call: { emit(event: 'error', error: object): void }) => call.emit('error', error)
    : (_call: object, answer: sendUnaryData<object>) => answer(error);
}

/** Milliseconds that running calls get to end. */
const GRACE = 2000;

function stop(server: Server, listener: Listener): Promise<void> {
  listener.close();
  return new Promise((resolve) => {
    const forced = setTimeout(() => server.forceShutdown(), GRACE);
    server.tryShutdown(() => {
      clearTimeout(forced);
      listener.disconnect();
      resolve();
    });
  });
}
