using System.Text.RegularExpressions;

namespace EdgeGateway.Site;

/// <summary>Reads which key the device signs with, and which one it takes over from.</summary>
internal static partial class SiteKey
{
    /// <summary>Reads the section <c>key</c>. Incomplete when there are faults.</summary>
    public static DeviceKeySettings Read(Block root)
    {
        if (root.Object("key") is not { } block)
        {
            return DeviceKeySettings.Default;
        }

        KeySettings? key = KeptAt(block, ["replaces", "overlapHours", "certificates", "revocationList"]);
        KeySettings? replaces = block.Object("replaces") is { } replaced ? KeptAt(replaced, []) : null;
        int overlap = block.Integer("overlapHours", 0, 720, " of hours", 24) ?? 24;
        string? certificates = block.Text(
            "certificates",
            SiteSections.AbsolutePath(),
            "write the full path of a PEM file with the device's certificate first",
            required: false
        );
        string? revocationList = block.Text(
            "revocationList",
            SiteSections.AbsolutePath(),
            "write the full path of a file with the revocation list, PEM or DER",
            required: false
        );
        if (block.Has("overlapHours") && !block.Has("replaces"))
        {
            block.Fault("replaces", "is missing beside overlapHours", "write where the key is kept that this one takes over from");
        }

        if (block.Has("revocationList") && !block.Has("certificates"))
        {
            block.Fault("certificates", "is missing beside revocationList", "write the file with the device's certificate");
        }

        if (key is not null && key == replaces)
        {
            block.Fault("replaces", "is the same key", "write where the key is kept that was in force before");
        }

        return new DeviceKeySettings(key ?? DeviceKeySettings.Default.Key)
        {
            Replaces = replaces,
            Overlap = TimeSpan.FromHours(overlap),
            Certificates = certificates,
            RevocationList = revocationList,
        };
    }

    private static KeySettings? KeptAt(Block block, string[] more)
    {
        switch (block.Choice("kind", ["file", "tpm", "pkcs11"]))
        {
            case "file":
                block.Allow(["kind", "file", .. more]);
                return block.Has("file")
                    ? new FileKeySettings(
                        block.Text("file", KeyFile(), "write the name of a file in the data folder that ends in .key, such as device-2.key")
                            ?? ""
                    )
                    : DeviceKeySettings.Default.Key;
            case "tpm":
                block.Allow(["kind", "handle", .. more]);
                return new TpmKeySettings(
                    block.Text("handle", TpmHandle(), "write a persistent handle, 0x81000000 to 0x81ffffff, such as 0x81010001") ?? ""
                );
            case "pkcs11":
                block.Allow(["kind", "library", "token", "label", "pinFile", .. more]);
                return new Pkcs11KeySettings(
                    block.Text("library", SiteSections.AbsolutePath(), "write the full path of the token's PKCS#11 library") ?? "",
                    block.Text("token", SiteSections.Line(), "write the label of the token") ?? "",
                    block.Text("label", SiteSections.Line(), "write the label of the key in the token; it is made there when it is not")
                        ?? "",
                    block.Text(
                        "pinFile",
                        SiteSections.AbsolutePath(),
                        "write the full path of a file that holds the PIN, such as /etc/edge-gateway/pin"
                    ) ?? ""
                );
            default:
                return null;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9-]{0,31}\.key\z")]
    private static partial Regex KeyFile();

    [GeneratedRegex(@"^0x81[0-9a-fA-F]{6}\z")]
    private static partial Regex TpmHandle();
}
