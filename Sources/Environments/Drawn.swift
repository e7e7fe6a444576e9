import Drawing
import Gym

/// A world with a picture, drawn once for every mode.
protocol Drawn {
    /// Width and height of the picture, in pixels.
    var frameSize: (width: Int, height: Int) { get }
    func draw(on canvas: Canvas)
    /// The state as text for a terminal; nil where the world has none.
    var text: String? { get }
}

extension Drawn {
    var text: String? { nil }
}

extension Environment where Self: Drawn {
    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame {
        switch mode {
        case .svg: return picture(mode, .svg)
        case .png: return picture(mode, .png)
        case .rgbArray: return picture(mode, .rgb)
        case .ansi:
            guard let text else {
                let supported = RenderMode.allCases.filter { $0 != .ansi }.map(\.rawValue)
                throw .unsupportedRenderMode(mode.rawValue, supported: supported)
            }
            return Frame(mode: mode, bytes: Array(text.utf8))
        }
    }

    private func picture(_ mode: RenderMode, _ format: Canvas.Format) -> Frame {
        let (width, height) = frameSize
        do {
            let bytes = try Canvas.draw(format, width: width, height: height, draw)
            return Frame(mode: mode, width: width, height: height, bytes: bytes)
        } catch {
            preconditionFailure("a world's picture has a sensible size, and memory for it: \(error)")
        }
    }
}
