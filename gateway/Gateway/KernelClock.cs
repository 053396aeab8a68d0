using System.Runtime.InteropServices;
using EdgeGateway.Evidence;

namespace EdgeGateway;

/// <summary>Asks the kernel how far its wall clock can be trusted.</summary>
internal static partial class KernelClock
{
    private const int TimeError = 5; // TIME_ERROR in <sys/timex.h>: the clock is not synchronised
    private const int TimexBytes = 256; // struct timex has 208 bytes on 64-bit Linux

    /// <summary>Synchronised, or unknown as long as the kernel has not been told the time by NTP or PTP.</summary>
    public static TimeStatus Status()
    {
        Span<byte> query = stackalloc byte[TimexBytes];
        query.Clear(); // modes = 0: read only
        int state = Adjtimex(ref MemoryMarshal.GetReference(query));
        return state is >= 0 and not TimeError ? TimeStatus.Synchronised : TimeStatus.Unknown;
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int Adjtimex(ref byte timex);
}
