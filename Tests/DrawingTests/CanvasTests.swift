import Drawing
import Testing

@Suite struct CanvasTests {
    private func scene(_ canvas: Canvas) {
        canvas.rectangle(x: 10, y: 10, width: 20, height: 20, radius: 4, Color(0x336699))
        canvas.circle(Point(60, 20), radius: 10, Color(0xff0000, alpha: 0.5))
        canvas.polygon([Point(80, 10), Point(100, 10), Point(90, 30)], Color(0x00ff00))
        canvas.line([Point(10, 50), Point(50, 50)], width: 4, .black)
        canvas.arc(Point(80, 50), radius: 10, from: 0, to: .pi / 2, width: 2, .black)
        canvas.within(Point(110, 50), angle: .pi / 2, scaleY: -1) {
            canvas.rectangle(x: 0, y: 0, width: 20, height: 5, Color(0x0000ff))
        }
        canvas.text("42", at: Point(30, 70), size: 16, .black)
    }

    private func pixels(_ body: (Canvas) -> Void) throws -> (Int, Int) -> [UInt8] {
        let bytes = try Canvas.draw(.rgb, width: 140, height: 80, body)
        #expect(bytes.count == 140 * 80 * 3)
        return { x, y in Array(bytes[(y * 140 + x) * 3..<(y * 140 + x + 1) * 3]) }
    }

    @Test func `puts every shape where and in the colour it was told`() throws {
        let pixel = try pixels(scene)
        #expect(pixel(0, 0) == [255, 255, 255])
        #expect(pixel(20, 20) == [0x33, 0x66, 0x99])
        #expect(pixel(10, 10) == [255, 255, 255], "a rounded corner")
        #expect(pixel(60, 20)[0] == 255 && (127...128).contains(pixel(60, 20)[1]))
        #expect(pixel(90, 15) == [0, 255, 0])
        #expect(pixel(30, 50) == [0, 0, 0])
        #expect(pixel(87, 57) != [255, 255, 255] && pixel(73, 43) == [255, 255, 255])
        // A quarter turn sends x down the screen; the mirrored y then goes to the right.
        #expect(pixel(112, 65) == [0, 0, 255] && pixel(107, 55) == [255, 255, 255])
    }

    @Test(arguments: [1e300, -1e300, .infinity, .nan, 0]) func `draws what is nowhere`(_ number: Double) throws {
        for format in [Canvas.Format.svg, .png, .rgb] {
            _ = try Canvas.draw(format, width: 20, height: 20) { canvas in
                let point = Point(number, -number)
                canvas.rectangle(x: number, y: number, width: 5, height: 5, radius: 2, .black)
                canvas.circle(point, radius: number, .black)
                canvas.polygon([point, Point(0, 0), point], .black)
                canvas.line([point, Point(0, 0)], width: 2, .black)
                canvas.arc(point, radius: number, from: 0, to: 1, width: 2, .black)
                canvas.text("7", at: point, size: 10, .black)
                canvas.within(point, angle: number, scaleX: number) { canvas.line([point, point], width: 1, .black) }
                canvas.within(point, angle: number) { canvas.within(point) { canvas.circle(point, radius: 3, .black) } }
            }
        }
    }

    @Test func `centres text on its point`() throws {
        let pixel = try pixels { $0.text("H", at: Point(70, 40), size: 40, .black) }
        let inked = (0..<80).flatMap { y in (0..<140).map { ($0, y) } }.filter { pixel($0.0, $0.1)[0] < 128 }
        let xs = inked.map { Double($0.0) + 0.5 }
        let ys = inked.map { Double($0.1) + 0.5 }
        let left = try #require(xs.min())
        let right = try #require(xs.max())
        let top = try #require(ys.min())
        let bottom = try #require(ys.max())
        #expect(abs((left + right) / 2 - 70) <= 1 && abs((top + bottom) / 2 - 40) <= 1)
        #expect((20...40).contains(bottom - top))
    }

    @Test func `writes SVG that does not depend on what was drawn before`() throws {
        let first = try Canvas.draw(.svg, width: 140, height: 80, scene)
        let second = try Canvas.draw(.svg, width: 140, height: 80, scene)
        #expect(first == second)
        let text = String(decoding: first, as: UTF8.self)
        #expect(text.contains("<svg") && text.contains("width=\"140px\"") && text.contains("</svg>"))
    }

    @Test func `puts pixels that somebody else drew into a PNG`() throws {
        let drawn = try Canvas.draw(.rgb, width: 140, height: 80, scene)
        #expect(try Canvas.png(rgb: drawn, width: 140, height: 80) == Canvas.draw(.png, width: 140, height: 80, scene))
    }

    @Test func `writes a PNG of the size asked for`() throws {
        let png = try Canvas.draw(.png, width: 140, height: 80, scene)
        #expect(png.prefix(8) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        #expect(png[16..<24] == [0, 0, 0, 140, 0, 0, 0, 80])
    }

    @Test(arguments: [(0, 80), (140, -1), (16_385, 80)]) func `refuses a picture without a sensible size`(
        width: Int, height: Int
    ) {
        #expect(throws: DrawingError.sizeOutOfRange(width: width, height: height)) {
            try Canvas.draw(.png, width: width, height: height) { _ in }
        }
    }
}
