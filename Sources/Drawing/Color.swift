/// A colour in sRGB.
public struct Color: Sendable, Equatable {
    public let red: Double
    public let green: Double
    public let blue: Double
    public let alpha: Double

    /// - Parameters:
    ///   - rgb: `0xRRGGBB`.
    ///   - alpha: 0 (clear) to 1 (opaque).
    public init(_ rgb: UInt32, alpha: Double = 1) {
        red = Double(rgb >> 16 & 0xff) / 255
        green = Double(rgb >> 8 & 0xff) / 255
        blue = Double(rgb & 0xff) / 255
        self.alpha = alpha
    }

    public static let white = Color(0xffffff)
    public static let black = Color(0x000000)
}

/// A place in the picture: x to the right, y down, unless the canvas is turned.
public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}
