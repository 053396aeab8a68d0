/*
 * /dev/i2c-7 with an ADS1115 at 0x48 and nothing else, as a character device in user space (CUSE).
 *
 * The real i2c-dev interface is asked for with ioctl(I2C_RDWR), whose argument points to messages that point to buffers. The kernel
 * fetches for us only what we name, so an answer takes up to four rounds:
 *
 *   round 1   name struct i2c_rdwr_ioctl_data
 *   round 2   name the array of messages as well
 *   round 3   name the buffers: those written as input, those read as output
 *   round 4   transfer
 *
 * The chip (TI SBAS444, table 8-3) converts a sine of 50 Hz beside a constant voltage. Single conversions are spaced 1/860 s of the
 * signal however slowly they are asked for, so that software emulation does not change the result; continuous ones follow the clock.
 */
#define FUSE_USE_VERSION 31
#include <cuse_lowlevel.h>
#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { CONVERSION = 0, CONFIG = 1, ADDRESS = 0x48, SAMPLES_PER_SECOND = 860, MAX_MESSAGES = 8 };

static const double RMS_MV = 33.3;     /* 10 A through a clamp of 100 A : 333 mV */
static const double OFFSET_MV = 12.5;  /* must not show in the current */
static const double FULL_SCALE_MV[] = {6144, 4096, 2048, 1024, 512, 256, 256, 256};

static uint16_t registers[4] = {0x0000, 0x8583, 0x8000, 0x7FFF};
static uint8_t pointer;
static long long converted; /* single conversions since the start */
static double started_s;    /* the last single conversion, or the change to continuous ones */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static int is_continuous(void) { return (registers[CONFIG] & 0x0100) == 0; }

static uint16_t sample(long long n)
{
    double mv = OFFSET_MV + RMS_MV * sqrt(2) * sin(2 * M_PI * 50 * n / SAMPLES_PER_SECOND);
    double counts = round(mv / FULL_SCALE_MV[registers[CONFIG] >> 9 & 7] * 32768);
    return (uint16_t)(int16_t)fmax(-32768, fmin(32767, counts));
}

static void write_register(uint8_t index, uint16_t value)
{
    int starts = (value & 0x8000) != 0;
    if (index == CONVERSION)
        return;
    if (index != CONFIG) {
        registers[index] = value;
        return;
    }
    registers[CONFIG] = value & 0x7FFF;
    if (is_continuous() || starts)
        started_s = now_s();
    if (!is_continuous() && starts)
        registers[CONVERSION] = sample(converted++);
}

static uint16_t read_register(uint8_t index)
{
    double since_s = now_s() - started_s;
    if (index == CONVERSION && is_continuous())
        return sample((long long)(since_s * SAMPLES_PER_SECOND));
    /* Bit 15 reads 1 while no single conversion is under way. */
    if (index == CONFIG && !is_continuous() && since_s >= 1.0 / SAMPLES_PER_SECOND)
        return registers[CONFIG] | 0x8000;
    return registers[index];
}

static void transfer(const struct i2c_msg *message, uint8_t *bytes)
{
    if (message->flags & I2C_M_RD) {
        uint16_t value = read_register(pointer);
        for (int i = 0; i < message->len; i++)
            bytes[i] = i % 2 == 0 ? value >> 8 : value & 0xFF;
    } else if (message->len >= 1) {
        pointer = bytes[0] & 3;
        if (message->len >= 3)
            write_register(pointer, (uint16_t)(bytes[1] << 8 | bytes[2]));
    }
}

static void transfer_all(fuse_req_t request, void *argument, const void *input, size_t input_size, size_t output_size)
{
    const struct i2c_rdwr_ioctl_data *data = input;
    struct iovec in[2 + MAX_MESSAGES] = {{argument, sizeof *data}}, out[MAX_MESSAGES];
    if (input_size < sizeof *data) {
        fuse_reply_ioctl_retry(request, in, 1, NULL, 0);
        return;
    }
    if (data->nmsgs == 0 || data->nmsgs > MAX_MESSAGES) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    const struct i2c_msg *messages = (const void *)(data + 1);
    size_t messages_size = data->nmsgs * sizeof *messages;
    in[1] = (struct iovec){data->msgs, messages_size};
    if (input_size < sizeof *data + messages_size) {
        fuse_reply_ioctl_retry(request, in, 2, NULL, 0);
        return;
    }

    size_t ins = 2, outs = 0, written = 0, read = 0;
    for (unsigned i = 0; i < data->nmsgs; i++) {
        struct iovec buffer = {messages[i].buf, messages[i].len};
        if (messages[i].addr != ADDRESS) {
            fuse_reply_err(request, EREMOTEIO); /* what adapters answer when nobody acknowledges */
            return;
        }
        if (messages[i].flags & I2C_M_RD) {
            out[outs++] = buffer;
            read += buffer.iov_len;
        } else {
            in[ins++] = buffer;
            written += buffer.iov_len;
        }
    }
    if (input_size < sizeof *data + messages_size + written || output_size < read) {
        fuse_reply_ioctl_retry(request, in, ins, out, outs);
        return;
    }

    uint8_t answer[4096];
    uint8_t *from = (uint8_t *)input + sizeof *data + messages_size, *to = answer;
    if (read > sizeof answer) {
        fuse_reply_err(request, EOPNOTSUPP);
        return;
    }
    for (unsigned i = 0; i < data->nmsgs; i++) {
        uint8_t **next = messages[i].flags & I2C_M_RD ? &to : &from;
        transfer(&messages[i], *next);
        *next += messages[i].len;
    }
    fuse_reply_ioctl(request, (int)data->nmsgs, answer, read);
}

static void on_ioctl(fuse_req_t request, int command, void *argument, struct fuse_file_info *file, unsigned flags,
                     const void *input, size_t input_size, size_t output_size)
{
    (void)file;
    (void)flags;
    if (command == I2C_FUNCS) {
        unsigned long functions = I2C_FUNC_I2C;
        struct iovec out = {argument, sizeof functions};
        if (output_size == 0)
            fuse_reply_ioctl_retry(request, NULL, 0, &out, 1);
        else
            fuse_reply_ioctl(request, 0, &functions, sizeof functions);
    } else if (command == I2C_RDWR) {
        transfer_all(request, argument, input, input_size, output_size);
    } else if (command == I2C_SLAVE) {
        fuse_reply_ioctl(request, 0, NULL, 0); /* i2c-tools ask for this before I2C_RDWR, which names the address again */
    } else {
        fuse_reply_err(request, ENOTTY);
    }
}

static void on_open(fuse_req_t request, struct fuse_file_info *file) { fuse_reply_open(request, file); }

int main(int argc, char *argv[])
{
    const char *name[] = {"DEVNAME=i2c-7"};
    struct cuse_info info = {.dev_info_argc = 1, .dev_info_argv = name, .flags = CUSE_UNRESTRICTED_IOCTL};
    struct cuse_lowlevel_ops operations = {.open = on_open, .ioctl = on_ioctl};
    return cuse_lowlevel_main(argc, argv, &info, &operations, NULL);
}
