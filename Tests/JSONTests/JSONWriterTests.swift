import JSON
import Testing

func written(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
}

struct JSONWriterTests {
    @Test func `puts commas and colons where they belong`() {
        let text = written { writer in
            writer.beginObject()
            writer.key("a")
            writer.value(1)
            writer.key("b")
            writer.beginArray()
            writer.value(true)
            writer.beginArray()
            writer.endArray()
            writer.beginObject()
            writer.endObject()
            writer.null()
            writer.value("x")
            writer.endArray()
            writer.key("c")
            writer.value(-0.5)
            writer.endObject()
        }
        #expect(text == #"{"a":1,"b":[true,[],{},null,"x"],"c":-0.5}"#)
    }

    @Test func `writes integers to their ends`() {
        let text = written { writer in
            writer.beginArray()
            for number in [0, 9, 10, -1, 99, 100, -1234567890, Int64.max, Int64.min] { writer.value(number) }
            writer.value(UInt64.max)
            writer.value(Int.max)
            writer.endArray()
        }
        #expect(
            text == "[0,9,10,-1,99,100,-1234567890,9223372036854775807,-9223372036854775808,18446744073709551615,"
                + "9223372036854775807]")
    }

    // Python's repr of the same bits, where both choose the same notation.
    static let doubles: [(UInt64, String)] = [
        (0x0000_0000_0000_0000, "0.0"), (0x8000_0000_0000_0000, "-0.0"), (0x3ff0_0000_0000_0000, "1.0"),
        (0xbff0_0000_0000_0000, "-1.0"), (0x3fb9_9999_9999_999a, "0.1"), (0x3fd5_5555_5555_5555, "0.3333333333333333"),
        (0x3fe5_5555_5555_5555, "0.6666666666666666"), (0x3ee4_f8b5_88e3_68f1, "1e-05"),
        (0x3eef_7510_4d55_1d69, "1.5e-05"), (0x40fe_240c_9fbe_76c9, "123456.789"),
        (0x430c_6bf5_2634_0000, "1000000000000000.0"), (0x4480_f0cf_064d_d592, "1e+22"),
        (0x54b2_49ad_2594_c37d, "1e+100"), (0x0000_0000_0000_0001, "5e-324"),
        (0x0010_0000_0000_0000, "2.2250738585072014e-308"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0x433f_ffff_ffff_ffff, "9007199254740991.0"), (0x4011_6666_6666_6666, "4.35"),
        (0x3f20_1f31_f46e_d246, "0.000123"), (0xba8e_9100_c8c4_5e10, "-1.2345678e-26"),
        (0xbb7a_9f23_cacc_b130, "-3.523344703336752e-22"), (0xba30_aa77_421b_2ea1, "-2.10353007153653e-28"),
        (0xc0c0_b3a3_1b2b_683b, "-8551.274266649145"), (0xc15e_f725_ca51_346f, "-8117399.161206349"),
        (0xc056_199d_1f90_7938, "-88.40021504505864"), (0xc0e9_536c_cc97_8598, "-51867.399974595"),
        (0xc454_7588_8bcd_5284, "-1.5096162171497208e+21"), (0x45fa_6fc0_dc02_2462, "1.3090738838615934e+29"),
    ]

    // numpy's str of the same float32 bits, likewise.
    static let floats: [(UInt32, String)] = [
        (0x0000_0000, "0.0"), (0x8000_0000, "-0.0"), (0x3f80_0000, "1.0"), (0x3dcc_cccd, "0.1"),
        (0x3eaa_aaab, "0.33333334"), (0x3727_c5ac, "1e-05"), (0x7f7f_ffff, "3.4028235e+38"), (0x0000_0001, "1e-45"),
        (0x0080_0000, "1.1754944e-38"), (0x4099_999a, "4.8"), (0x3ed6_7750, "0.41887903"), (0x3ce0_6cbd, "0.0273956"),
        (0xbbc8_4884, "-0.00611216"), (0x5015_02f9, "1e+10"), (0x66fe_f4f9, "6.02e+23"), (0xe040_0aa3, "-5.535221e+19"),
        (0x21f4_f6b0, "1.6599381e-18"), (0x4670_f25c, "15420.59"), (0xb571_cff9, "-9.0082136e-07"),
        (0xab7f_4052, "-9.068346e-13"), (0x5839_049b, "8.137177e+14"), (0xafd2_9393, "-3.8303635e-10"),
    ]

    @Test func `prints doubles as Python does`() {
        for (bits, text) in Self.doubles { #expect(written { $0.value(Double(bitPattern: bits)) } == text) }
    }

    @Test func `prints floats as numpy does`() {
        for (bits, text) in Self.floats { #expect(written { $0.value(Float(bitPattern: bits)) } == text) }
    }

    @Test func `prints what is no number as a string`() {
        #expect(written { $0.value(Double.infinity) } == #""Infinity""#)
        #expect(written { $0.value(-Float.infinity) } == #""-Infinity""#)
        #expect(written { $0.value(Double.nan) } == #""NaN""#)
        #expect(written { $0.array(of: [1, .nan, -.infinity] as [Float]) } == #"[1.0,"NaN","-Infinity"]"#)
    }

    // Python's json.dumps(…, ensure_ascii=False).
    static let strings: [(String, String)] = [
        ("", #""""#), ("plain", #""plain""#), (#"quote " backslash \ slash /"#, #""quote \" backslash \\ slash /""#),
        ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#), ("\u{0}\u{1}\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001f\u{7F}\""),
        ("åäö €", "\"åäö €\""), ("🏎 emoji", "\"🏎 emoji\""), ("\u{2028}\u{2029}", "\"\u{2028}\u{2029}\""),
        ("e\u{301}", "\"e\u{301}\""),
    ]

    @Test func `escapes strings as Python does`() {
        for (string, text) in Self.strings {
            #expect(written { $0.value(string) } == text)
            #expect(
                written {
                    $0.beginObject()
                    $0.key(named: string)
                    $0.null()
                    $0.endObject()
                } == "{\(text):null}")
        }
    }

    @Test func `writes rows of numbers`() {
        #expect(written { $0.array(of: [0.5, -1] as [Float]) } == "[0.5,-1.0]")
        #expect(written { $0.array(of: [0.1, 2e-9] as [Double]) } == "[0.1,2e-09]")
        #expect(written { $0.array(of: [1, -2] as [Int64]) } == "[1,-2]")
        #expect(written { $0.array(of: [0, 255] as [UInt8]) } == "[0,255]")
        #expect(written { $0.array(of: [] as [Float]) } == "[]")
    }

    @Test func `writes a long row as its numbers one by one`() {
        var numbers = (-200..<200).map(Double.init) + [0.1, -0.0, 1e300, .infinity, .nan, .leastNonzeroMagnitude]
        for place in [0, 15, 16, 17, 63, 99] { numbers[place] = -.infinity }
        let apart = numbers.map { number in written { $0.value(number) } }.joined(separator: ",")
        #expect(written { $0.array(of: numbers) } == "[\(apart)]")
        #expect(apart.contains("-127.0,") && apart.contains(",128.0,") && apart.contains(",-0.0,"))
        let floats = numbers.map { Float($0) }
        #expect(
            written { $0.array(of: floats) }
                == "[" + floats.map { number in written { $0.value(number) } }.joined(separator: ",") + "]")
        #expect(written { $0.array(of: [] as [Double]) } == "[]")
    }

    @Test func `starts anew after taking and after removing`() {
        var writer = JSONWriter(reserving: 8)
        writer.value(1)
        #expect(writer.take() == Array("1".utf8))
        writer.value(2)
        writer.removeAll()
        writer.value("three")
        #expect(writer.withBytes { $0.count } == 7)
        #expect(writer.take() == Array("\"three\"".utf8))
        #expect(writer.bytes.isEmpty)
    }

    @Test func `writes one value a line`() {
        let text = written { writer in
            for index in 0..<2 {
                writer.array(of: [Int64(index)])
                writer.endLine()
            }
        }
        #expect(text == "[0]\n[1]\n")
    }

    @Test func `inserts what was written earlier`() {
        let text = written { writer in
            writer.beginArray()
            writer.value(1)
            writer.value(written: Array(#"{"a":2}"#.utf8))
            writer.value(3)
            writer.endArray()
        }
        #expect(text == #"[1,{"a":2},3]"#)
    }
}
