/* Terminals: their size, and the raw mode in which every byte is the program's (termios(3)). */
#include "addon.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

static napi_value terminal_size(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    struct winsize size;
    napi_value result = undefined(env);
    if (!args.failed && ioctl(fd, TIOCGWINSZ, &size) == 0) {
        napi_create_object(env, &result);
        set(env, result, "rows", number(env, size.ws_row));
        set(env, result, "columns", number(env, size.ws_col));
    }
    return finish(&args, result);
}

/* makeRaw(fd): a buffer that restoreTerminal takes. libuv's raw mode still turns line feeds into two bytes. */
static napi_value make_raw(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    struct termios before, raw;
    napi_value saved = undefined(env);
    if (!args.failed && (tcgetattr(fd, &before) < 0 || (raw = before, cfmakeraw(&raw), tcsetattr(fd, TCSADRAIN, &raw)) < 0))
        throw_errno(&args, "tcsetattr", NULL);
    else if (!args.failed)
        saved = buffer_copy(env, &before, sizeof before);
    return finish(&args, saved);
}

static napi_value restore_terminal(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    size_t length;
    const uint8_t *saved = bytes(&args, 1, &length);
    if (!args.failed && length == sizeof(struct termios) && tcsetattr(fd, TCSADRAIN, (const struct termios *)saved) < 0)
        throw_errno(&args, "tcsetattr", NULL);
    return finish(&args, undefined(env));
}

const binding terminal_bindings[] = {
    { "terminalSize", terminal_size }, { "makeRaw", make_raw }, { "restoreTerminal", restore_terminal }, { NULL, NULL },
};
