using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace EdgeGateway.Hardware.Tests.Recordings;

/// <summary>
/// A small recording of three channels (VA in kV, IA in A, secondary IB) written as a recorder writes it, in its own folder.
/// </summary>
public sealed class TestRecording : IDisposable
{
    public const int Samples = 200;
    public const double RateHz = 1000;

    private readonly string _folder = Directory.CreateTempSubdirectory("recording-").FullName;

    public string Cfg => Path.Combine(_folder, "x.cfg");

    public string Dat => Path.Combine(_folder, "x.dat");

    public string Csv => Path.Combine(_folder, "x.csv");

    /// <summary>What the data file holds at sample n, 0-based: 50 Hz, of channels VA, IA and IB.</summary>
    public static int[] Raw(int n) =>
        [
            (int)Math.Round(30_000 * Math.Sin(2 * Math.PI * 50 * n / RateHz)),
            (int)Math.Round(20_000 * Math.Sin((2 * Math.PI * 50 * n / RateHz) - 0.5)),
            100,
        ];

    public static string Configuration(int revision, string format, string rates = "1\n1000,200", string skew = "0")
    {
        string[] side = revision == 1991 ? ["", "", ""] : [",10000,100,P", ",200,5,p", ",200,5,S"];
        StringBuilder cfg = new();
        cfg.Append(revision == 1991 ? "Station,Recorder\n" : $"Station,Recorder,{revision}\n");
        cfg.Append("5,3A,2D\n");
        cfg.Append(CultureInfo.InvariantCulture, $"1,VA,A,,kV,0.0005,0,0,-32767,32767{side[0]}\n");
        cfg.Append(CultureInfo.InvariantCulture, $"2,IA,A,,A,0.01,0,{skew},-32767,32767{side[1]}\n");
        cfg.Append(CultureInfo.InvariantCulture, $"3,IB,B,,mA,2,50,0,-32767,32767{side[2]}\n");
        cfg.Append(revision == 1991 ? "1,TRIP,0\n2,SPARE,1\n" : "1,TRIP,,,0\n2,SPARE,,,1\n");
        cfg.Append("50\n").Append(rates).Append('\n');
        string date = revision == 1991 ? "06/25/07" : "25/06/2007";
        string digits = revision == 2013 ? "19:13:57.789757123" : "19:13:57.789757";
        cfg.Append(CultureInfo.InvariantCulture, $"{date},{digits}\n{date},{digits}\n{format}\n");
        cfg.Append(revision == 1991 ? "" : "1\n");
        cfg.Append(revision == 2013 ? "8h00,8h00\nB,0\n" : "");
        return cfg.ToString().Replace("\n", "\r\n", StringComparison.Ordinal);
    }

    /// <summary>Writes the data file. Time stamps count microseconds, in revision 2013 nanoseconds.</summary>
    public static byte[] Data(string format, int revision = 1999, Func<int, int[]>? raw = null)
    {
        using MemoryStream data = new();
        for (int n = 0; n < Samples; n++)
        {
            uint stamp = (uint)(n * (revision == 2013 ? 1_000_000 : 1000));
            int[] x = (raw ?? Raw)(n);
            if (format == "ASCII")
            {
                data.Write(Encoding.ASCII.GetBytes($"{n + 1},{stamp},{x[0]},{x[1]},{x[2]},0,1\r\n"));
                continue;
            }

            int width = format == "BINARY" ? 2 : 4;
            byte[] row = new byte[8 + (3 * width) + 2];
            BinaryPrimitives.WriteUInt32LittleEndian(row, (uint)n + 1);
            BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(4), stamp);
            for (int i = 0; i < 3; i++)
            {
                Span<byte> at = row.AsSpan(8 + (i * width));
                switch (format)
                {
                    case "BINARY":
                        BinaryPrimitives.WriteInt16LittleEndian(at, (short)x[i]);
                        break;
                    case "BINARY32":
                        BinaryPrimitives.WriteInt32LittleEndian(at, x[i]);
                        break;
                    default:
                        BinaryPrimitives.WriteSingleLittleEndian(at, x[i]);
                        break;
                }
            }

            row[^2] = 2;
            data.Write(row);
        }

        return data.ToArray();
    }

    public void Write(string configuration, byte[] data)
    {
        File.WriteAllText(Cfg, configuration);
        File.WriteAllBytes(Dat, data);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
