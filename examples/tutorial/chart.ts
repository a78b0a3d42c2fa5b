import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

// The font library reads it when the first text is drawn.
process.env['FONTCONFIG_FILE'] ??= fileURLToPath(new URL('fonts.conf', import.meta.url))

const WIDTH = 960
const HEIGHT = 600
const FONT = 'DejaVu Sans'

/** Draws the loss against the iteration, and saves it as a PNG. */
export async function save_loss_chart(loss_history: readonly number[], path: string): Promise<void> {
  // Large, and not needed before.
  const echarts = await import('echarts')
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  const axis = {
    type: 'value' as const,
    nameLocation: 'middle' as const,
    nameTextStyle: { fontSize: 16, color: '#222' },
    axisLabel: { fontSize: 13, color: '#222', formatter: String },
    axisLine: { show: true, onZero: false, lineStyle: { color: '#222' } },
    axisTick: { show: true },
    splitLine: { show: true, lineStyle: { color: '#ddd' } },
  }
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    textStyle: { fontFamily: FONT },
    title: { text: 'Loss History', left: 'center', top: 16, textStyle: { fontSize: 20, color: '#222' } },
    grid: { left: 84, right: 36, top: 64, bottom: 72 },
    xAxis: { ...axis, name: 'Iteration', nameGap: 36 },
    yAxis: { ...axis, name: 'Loss', nameGap: 52 },
    series: [
      {
        type: 'line',
        data: loss_history.map((loss, iteration) => [iteration, loss]),
        // A single point makes no line.
        showSymbol: loss_history.length === 1,
        lineStyle: { width: 1.5 },
        color: '#1f77b4',
      },
    ],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  await sharp(Buffer.from(svg)).png().toFile(path)
}
