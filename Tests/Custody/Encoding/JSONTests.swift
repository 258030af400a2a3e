import FieldsealHTTP
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite struct JSONTests {
    private func read<Value>(_ text: String, _ body: (JSONReader) throws -> Value) rethrows -> Value {
        try HTTPBody(text).withUnsafeBytes { try body(JSONReader($0)) }
    }

    private func string(_ text: String, _ path: String...) -> String? { read(text) { $0.string(path) } }

    @Test func valuesAreFoundByTheirPath() {
        let text = """
             { "skip": {"a": [1, {"b": "}"}, []], "e": {}}, "n": null, "data" : { "x\\"y": 1, "text": "found" },
               "count": -12, "quoted": "3599", "flag": true, "text": "outer" }
            """
        #expect(string(text, "data", "text") == "found")
        #expect(string(text, "text") == "outer")
        #expect(read(text) { $0.integer("count") } == -12)
        #expect(read(text) { $0.integer("quoted") } == 3_599)
        #expect(read(text) { $0.isTrue("flag") })
        #expect(!read(text) { $0.isTrue("count") })
        #expect(string(text, "data", "missing") == nil)
        #expect(string(text, "count", "x") == nil)
        #expect(string(text, "count") == nil)
        #expect(string(text, "skip", "a") == nil)
        #expect(string(text, "n") == nil)
    }

    @Test func escapesAreResolved() {
        #expect(string(#"{"a":"\"\\\/\n\r\t\b\f\u00e9\u20ac"}"#, "a") == "\"\\/\n\r\t\u{8}\u{c}é€")
        for text in [#"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":"\ud83d\ude00"}"#, #"{"a":"\u+123"}"#] {
            #expect(string(text, "a") == nil, "\(text)")
        }
    }

    @Test(arguments: [
        "", "{", "[]", "{}", "null", #"{"a"}"#, #"{"a":"b"#, #"{"a":"b\"#, #"{a:"b"}"#, #"{"b":,"a":"c"}"#,
        #"{"b":[1,"a":"c"}"#, #"{"b":"c" "a":"c"}"#, "\"a\"",
    ])
    func brokenTextHoldsNothing(text: String) { #expect(string(text, "a") == nil) }

    @Test func alteredTextsDoNoHarm() throws {
        let text = Array(#"{"s":[1,{"x":"é\"}],"data":{"key":"AAEC/w==","n":"12"},"flag":true}"#.utf8)
        for _ in 0..<20_000 {
            var altered = text
            for _ in 0..<Int.random(in: 1...4) where !altered.isEmpty {
                let position = Int.random(in: altered.indices)
                switch Int.random(in: 0..<3) {
                case 0: altered[position] = UInt8.random(in: 0...255)
                case 1: altered.remove(at: position)
                default: altered = Array(altered[..<max(1, position)])
                }
            }
            try altered.withUnsafeBytes { bytes in
                let reader = JSONReader(bytes)
                if let key = try reader.secret(base64: "data", "key") { #expect(key.bytes.count <= altered.count) }
                _ = reader.integer("data", "n")
                _ = reader.string("data", "n")
                _ = reader.isTrue("flag")
            }
        }
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(string(#"{"b":\#(deep),"a":"c"}"#, "a") == nil)
        let fair = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        #expect(string(#"{"b":\#(fair),"a":"c"}"#, "a") == "c")
    }

    @Test func secretsAreReadIntoLockedMemory() throws {
        let text = #"{"key":"AAEC\/w==","pem":"a\nb","bad":"AA","none":1}"#
        func bytes(_ secret: SharedSecret?) -> [UInt8]? { secret?.bytes.withUnsafeBytes { Array($0) } }
        #expect(bytes(try read(text) { try $0.secret("pem") }) == Array("a\nb".utf8))
        #expect(bytes(try read(text) { try $0.secret(base64: "bad") }) == nil)
        #expect(bytes(try read(text) { try $0.secret(base64: "bad", alphabet: .url) }) == [0])
        #expect(bytes(try read(text) { try $0.secret(base64: "none") }) == nil)
        #expect(bytes(try read(#"{"key":"AAEC/w=="}"#) { try $0.secret(base64: "key") }) == [0, 1, 2, 255])
    }

    @Test func objectsAreWritten() throws {
        var writer = JSONWriter()
        writer.set("a\"b", "c\\\u{1}é\n")
        writer.set("n", -5)
        writer.set("o", object: [("k", "v"), ("l", "\"")])
        writer.set("s", base64: try SecretBytes(copying: [0xFB, 0xFF]))
        writer.set("u", base64: try SecretBytes(copying: [0xFB, 0xFF]), alphabet: .url)
        let text = String(decoding: writer.finish().bytes, as: UTF8.self)
        #expect(text == #"{"a\"b":"c\\\u0001é\u000a","n":-5,"o":{"k":"v","l":"\""},"s":"+/8=","u":"-_8"}"#)
        #expect(string(text, "o", "l") == "\"")
    }
}
