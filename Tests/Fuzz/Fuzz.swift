import Glibc

// `lamd-fuzz --decoder=NAME FLAGS FOLDERS`: has libFuzzer look for bytes that a decoder cannot stand. It has the `main`.
// https://llvm.org/docs/LibFuzzer.html

/// What is read; set before anything is.
nonisolated(unsafe) private var decoder = Decoder.json

@_cdecl("LLVMFuzzerInitialize")
public func start(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> Int32 {
    let words = (0..<Int(count.pointee)).map { String(cString: arguments.pointee[$0]) }
    let name = words.first { $0.hasPrefix("--decoder=") }?.split(separator: "=").last
    guard let chosen = name.flatMap({ Decoder(rawValue: String($0)) }) else {
        print("--decoder= must name one of \(Decoder.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(2)
    }
    decoder = chosen
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    decoder.read(Array(UnsafeBufferPointer(start: bytes, count: size)))
    return 0
}
