import Gym
import HTTP
import Hosting
import JSON
import Store

/// A picture of an instance's present state, in the media type of its mode.
enum RenderOperation {
    static func render(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        guard let standard = session.renderModes.first else {
            throw .invalid("\(session.request.environment) cannot be drawn as it was made", at: "")
        }
        let mode = try call.queryWord("mode", of: RenderMode.self) ?? standard
        let index = try call.queryInt("env_index", in: 0...session.count - 1) ?? 0
        guard session.renderModes.contains(mode) else {
            throw Problem(.unsupportedRenderMode(mode.rawValue, supported: session.renderModes.map(\.rawValue)))
        }
        let frame: Frame
        do {
            frame = try session.look { world throws(HostingError) -> Frame in
                guard !world.vector.needsReset[index] || world.totalSteps > 0 else {
                    throw .environment(.resetNeeded(index: index))
                }
                do throws(EnvironmentError) {
                    return try world.vector.render(index, mode)
                } catch {
                    throw .environment(error)
                }
            }
        } catch {
            throw Problem(error)
        }
        return reply(frame, tensors: call.wantsTensors)
    }

    private static func reply(_ frame: Frame, tensors: Bool) -> Reply {
        switch frame.mode {
        case .svg: Reply(contentType: "image/svg+xml", body: frame.bytes)
        case .png: Reply(contentType: "image/png", body: frame.bytes)
        case .ansi: Reply(contentType: "text/plain; charset=utf-8", body: frame.bytes)
        case .rgbArray where tensors:
            .tensors(Safetensors([.init("frame", Tensor(frame.bytes, shape: [frame.height, frame.width, 3]))]))
        case .rgbArray: .json { write(frame, to: &$0) }
        }
    }

    private static func write(_ frame: Frame, to writer: inout JSONWriter) {
        let bytes = frame.bytes
        writer.beginObject()
        writer.key("frame")
        writer.beginArray()
        for row in 0..<frame.height {
            writer.beginArray()
            for column in 0..<frame.width {
                let pixel = (row * frame.width + column) * 3
                writer.array(of: bytes.span.extracting(pixel..<pixel + 3))
            }
            writer.endArray()
        }
        writer.endArray()
        writer.endObject()
    }
}
