using System.Buffers.Text;
using System.CommandLine;
using System.Net;
using System.Text.Json;
using EdgeGateway.Carbon;
using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary>
/// <c>edgectl factors load|list</c>: brings signed factor packs to the gateway on this device, and shows which sets hold there.
/// </summary>
internal static class FactorsCommand
{
    private const int Refused = 1;
    private const int KeyDigits = 16; // all 64 are in /v1/factors, and do not fit into a row

    public static Command Create()
    {
        Argument<string> file = new("FILE.csv") { Description = "The factor pack, with its signature beside it as FILE.csv.sig." };
        Option<string> data = Door.DataOption(),
            dataOfList = Door.DataOption();
        Command load = new(
            "load",
            "Load a factor pack that a signer has signed whom the site file names. It is used from the next start on."
        )
        {
            file,
            data,
        };
        load.SetAction(parsed =>
            Load(
                parsed.GetRequiredValue(file),
                parsed.GetRequiredValue(data),
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error
            )
        );
        Command list = new("list", "Show the factor sets that the gateway uses, and the packs that it does not.") { dataOfList };
        list.SetAction(parsed =>
            List(parsed.GetRequiredValue(dataOfList), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error)
        );
        return new Command("factors", "Load factor packs on the device itself, and show which factor sets hold there.") { load, list };
    }

    private static int Load(string file, string data, TextWriter output, TextWriter error)
    {
        string door = Door.In(data),
            beside = file + FactorPack.SignatureSuffix;
        try
        {
            byte[] pack = BoundedFile.Read(file, FactorPack.MostBytes),
                signature = File.Exists(beside) ? BoundedFile.Read(beside, FactorPack.MostSignatureBytes) : [];
            (HttpStatusCode status, JsonDocument answer) = Door.Send(
                door,
                $"/v1/factors?signature={Base64Url.EncodeToString(signature)}",
                pack,
                "text/csv"
            );
            using JsonDocument said = answer;
            if (status == HttpStatusCode.OK)
            {
                output.WriteLine(
                    $"{said.RootElement.GetProperty("set").GetString()}, version "
                        + $"{said.RootElement.GetProperty("version").GetString()}, is loaded. The gateway uses it from its "
                        + "next start on."
                );
                return Program.Ok;
            }

            error.WriteLine($"edgectl: {file}: {said.RootElement.GetProperty("detail").GetString()} Nothing was loaded.");
            return Refused;
        }
        catch (Exception e) when (Door.IsShut(e))
        {
            return Shut(door, e, error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"edgectl: {e.Message} Nothing was sent.");
            return Program.Unreadable;
        }
    }

    private static int List(string data, TextWriter output, TextWriter error)
    {
        string door = Door.In(data);
        try
        {
            using JsonDocument said = Door.Send(door, "/v1/factors", body: null, "").Answer;
            Table table = Screen.Table(0, "set", "version", "valid from", "until", "factors", "from");
            foreach (JsonElement set in said.RootElement.GetProperty("sets").EnumerateArray())
            {
                string Text(string name) => Markup.Escape(set.GetProperty(name).ToString());
                table.AddRow(
                    Text("set"),
                    Text("version"),
                    Text("validFrom"),
                    Text("validUntil"),
                    Text("factors"),
                    Text("signer") is { Length: > KeyDigits } signer ? $"pack, signed by {signer[..KeyDigits]}…" : "the gateway"
                );
            }

            Screen.On(output).Write(table);
            foreach (JsonElement refused in said.RootElement.GetProperty("refused").EnumerateArray())
            {
                output.WriteLine(refused.GetString());
            }

            return Program.Ok;
        }
        catch (Exception e) when (Door.IsShut(e))
        {
            return Shut(door, e, error);
        }
    }

    private static int Shut(string door, Exception e, TextWriter error)
    {
        string why =
            e is OperationCanceledException ? $"it does not answer within {Door.Limit.TotalSeconds} s." : e.GetBaseException().Message;
        error.WriteLine($"edgectl: {door}: no gateway is there: {why} Name its data folder with --data, as a user who may use it.");
        return Program.Unreadable;
    }
}
