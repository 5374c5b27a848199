/* CRC-64/ISO as tar-split uses it: reflected polynomial 0xD800000000000000, initial and final value all ones. */
#include "addon.h"
#include <pthread.h>

static uint64_t tables[16][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (int i = 0; i < 256; i++) {
        uint64_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0xD800000000000000ULL : crc >> 1;
        tables[0][i] = crc;
    }
    for (int i = 0; i < 256; i++)
        for (int slice = 1; slice < 16; slice++)
            tables[slice][i] = tables[0][tables[slice - 1][i] & 0xff] ^ (tables[slice - 1][i] >> 8);
}

static uint64_t update(uint64_t crc, const uint8_t *data, size_t length)
{
    crc = ~crc;
    /* Sixteen bytes a step; bytes are put together one by one, so that the order of the machine doesn't matter. */
    while (length >= 16) {
        uint64_t low = 0, high = 0;
        for (int i = 0; i < 8; i++) {
            low |= (uint64_t)data[i] << (8 * i);
            high |= (uint64_t)data[8 + i] << (8 * i);
        }
        low ^= crc;
        crc = 0;
        for (int i = 0; i < 8; i++)
            crc ^= tables[15 - i][(low >> (8 * i)) & 0xff] ^ tables[7 - i][(high >> (8 * i)) & 0xff];
        data += 16;
        length -= 16;
    }
    while (length--)
        crc = tables[0][(crc ^ *data++) & 0xff] ^ (crc >> 8);
    return ~crc;
}

/* crc64Update(state, data): state is a Uint8Array of 8 bytes, the CRC so far in big-endian order; zeros to start. */
static napi_value crc64_update(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t state_length, length;
    uint8_t *state = bytes(&args, 0, &state_length);
    uint8_t *data = bytes(&args, 1, &length);
    if (!args.failed && state_length == 8) {
        uint64_t crc = 0;
        pthread_once(&once, make_tables);
        for (int i = 0; i < 8; i++)
            crc = crc << 8 | state[i];
        crc = update(crc, data, length);
        for (int i = 7; i >= 0; i--, crc >>= 8)
            state[i] = crc;
    }
    return finish(&args, undefined(env));
}

const binding crc_bindings[] = { { "crc64Update", crc64_update }, { NULL, NULL } };
